#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

inline constexpr std::string_view kReportFormat = "cellmon-run-report";
inline constexpr int kReportVersion = 1;

/// `report.json`, as docs/reference/report.md describes it. Texts are written as clean_text()
/// leaves them, numbers that are none as null, phases with the verdict that they are judged by.
[[nodiscard]] std::string report_json(const RunReport& report);

/// Reads exactly what report_json() writes: each field, of its type, once, and no other one.
/// ErrorCode::corrupt names the place of what is wrong, newer_format another version of the format.
Result<RunReport> read_report_json(std::string_view json);

}  // namespace cellmon::harness::report
