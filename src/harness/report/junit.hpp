#pragma once

#include <string>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// A run as JUnit's XML: a phase is a suite, a criterion a case. What a profile cannot run is
/// skipped; what was not run, or measured with a generator that was late, is an error: it proves
/// nothing. A phase whose verdict no criterion tells has a case of its own, `phase`.
[[nodiscard]] std::string junit_xml(const RunReport& report);

}  // namespace cellmon::harness::report
