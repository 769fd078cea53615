#pragma once

#include <string>
#include <string_view>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// A text in both languages of a report.
struct Words {
    std::string ja;
    std::string en;
};

/// What a person calls a criterion, figure, series, fault or part, by its name in the plan; of a
/// name that is not known the name itself, its underscores as spaces.
[[nodiscard]] Words words_of(std::string_view name);
[[nodiscard]] Words words_of(Verdict verdict);

/// What a run has come to, for who reads no more of it: its verdict and, where it is not all of its
/// plan, how much of that was played: "passed, 2 of 18 phases played".
[[nodiscard]] Words words_of(const RunReport& report);
/// The same without the verdict; empty of a whole plan.
[[nodiscard]] Words words_of_part(const RunReport& report);

/// `ja` in place of `en` where there is none.
[[nodiscard]] Words words_or(std::string_view ja, std::string_view en);

/// Both as HTML, escaped, of which the page shows one (page.hpp); one element where they are equal.
[[nodiscard]] std::string both(const Words& words);
/// The same inside of an SVG's text.
[[nodiscard]] std::string both_in_svg(const Words& words);

}  // namespace cellmon::harness::report
