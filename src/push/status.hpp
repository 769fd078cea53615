#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "projection/status.hpp"

namespace cellmon::push {

/// How the data stand; docs/reference/live.md, `status`.
struct StatusReport {
    std::uint64_t received = 0;
    std::uint64_t missing = 0;
    std::uint64_t resent = 0;
    std::optional<std::uint64_t> doubled;
    std::optional<std::uint64_t> checked_through;
    std::vector<projection::ProjectionStatus> projections;
};

[[nodiscard]] std::string status_message(const StatusReport& report);

/// Reads what status_message() wrote: of each projection its name, state and lag.
/// ErrorCode::corrupt for anything else.
[[nodiscard]] Result<StatusReport> read_status_message(std::string_view text);

}  // namespace cellmon::push
