#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/load/figures.hpp"
#include "harness/load/server_usage.hpp"

namespace cellmon::harness {

/// What is printed at the end of a run.
struct RunReport {
    const Figures& figures;
    std::optional<ServerUsage> before;  ///< Of the server's process, when it tells.
    std::optional<ServerUsage> after;
    std::uint64_t seed = 0;
    std::string start;
};

/// An aligned table for a person.
[[nodiscard]] std::string table_of(const RunReport& report);
/// The same as one JSON object; what was not measured is null.
[[nodiscard]] std::string json_of(const RunReport& report);

/// The progress of a run on stderr: one line that is rewritten on a terminal, a line every ten
/// seconds elsewhere.
class ProgressLine {
  public:
    /// `colour`: the terminal may be written to in colour (NO_COLOR is not set).
    ProgressLine(bool terminal, bool colour) : terminal_(terminal), colour_(colour) {}
    void show(double fraction, const Figures& figures);
    void close();

  private:
    bool terminal_;
    bool colour_;
    bool open_ = false;
    double shown_at_s_ = 0;
};

}  // namespace cellmon::harness
