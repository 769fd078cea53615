#pragma once

#include <string>
#include <string_view>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// For a person: four digits that count, whole numbers whole, thousands apart: "0.4312", "1,250",
/// "–" of what is no number.
[[nodiscard]] std::string readable(double value);

/// With its unit behind a space: "431.2 ms", "99.95 %".
[[nodiscard]] std::string with_unit(double value, std::string_view unit);

/// The limit with the unit, where it does not have it already.
[[nodiscard]] std::string limit_text(const Criterion& criterion);

/// What was measured, with as many digits as it takes to tell a broken limit from a kept one; "–"
/// of what was not measured.
[[nodiscard]] std::string measured_text(const Criterion& criterion);

/// Length of a time: "42.0 s", "4 min 50 s", "4 h 0 min".
[[nodiscard]] std::string readable_length(std::int64_t us);

}  // namespace cellmon::harness::report
