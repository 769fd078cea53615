#pragma once

#include <string>
#include <vector>

#include "harness/report/run_report.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::report {

/// What is plotted on one pair of axes.
struct Panel {
    Words title;
    std::string unit;
    std::vector<const Series*> series;  ///< Of the phase; at most kMostLines.
};
inline constexpr std::size_t kMostLines = 6;

/// The series of a phase that have a value: rate, latency, CPU, memory, lag, disk, network, then
/// the others by themselves. What one pair of axes cannot hold goes on in the next one.
[[nodiscard]] std::vector<Panel> panels_of(const PhaseReport& phase);

}  // namespace cellmon::harness::report
