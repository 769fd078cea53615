#pragma once

#include <string>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// `report.html`: the verdict at a glance, the phases in a table, then each with its criteria,
/// figures, faults and plots. One file, in Japanese and English (page.hpp).
[[nodiscard]] std::string report_html(const RunReport& report);

}  // namespace cellmon::harness::report
