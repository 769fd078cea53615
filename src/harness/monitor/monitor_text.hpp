#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/monitor/monitor_json.hpp"
#include "harness/monitor/run_summary.hpp"

namespace cellmon::harness::monitor {

/// Escape sequences where `colour`; plain text otherwise.
struct Look {
    bool colour = false;
};

/// What a terminal shows of a run: a line for each metric. `seconds` since its begin.
[[nodiscard]] std::vector<std::string> live_lines(const RunSummary& run, double seconds,
                                                  const Look& look);

/// A sample in one line.
[[nodiscard]] std::string sample_line(const Sample& sample, const Health& health);

/// The end of a run; with the criteria of a load test where it was one.
[[nodiscard]] std::string report_text(const RunSummary& run, double seconds,
                                      const std::optional<LoadTest>& test);

}  // namespace cellmon::harness::monitor
