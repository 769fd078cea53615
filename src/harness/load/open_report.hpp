#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/load/open_figures.hpp"
#include "harness/load/schedule.hpp"
#include "harness/load/server_usage.hpp"

namespace cellmon::harness {

/// What is printed at the end of an open run.
struct OpenReport {
    const OpenFigures& figures;
    const Schedule& schedule;
    std::vector<std::string> doubts;  ///< As doubts_of() says.
    std::string profile;              ///< What was asked for, for a person.
    std::uint64_t seed = 0;
    std::string start;                  ///< Of the events' own time.
    std::optional<ServerUsage> before;  ///< Of the server's process, when it tells.
    std::optional<ServerUsage> after;
};

/// Aligned columns for a person.
[[nodiscard]] std::string table_of(const OpenReport& report);
/// The same as one JSON object; what was not measured is null.
[[nodiscard]] std::string json_of(const OpenReport& report);

}  // namespace cellmon::harness
