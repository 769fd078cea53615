#pragma once

#include <string>
#include <string_view>

#include "harness/report/run_report.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::report {

/// A whole page around `body` that needs no network and no script: a switch between the languages
/// of words.hpp, styles for screens, light and dark, and for print. Its policy allows this one
/// style alone. `title` and `body` are what is shown: the title is escaped here, the body is HTML.
[[nodiscard]] std::string page(std::string_view title, std::string_view body);

/// The style of every page.
[[nodiscard]] std::string_view page_style();

/// A verdict with its mark, as a badge.
[[nodiscard]] std::string badge(Verdict verdict);
/// ✓, ✕ and the like.
[[nodiscard]] std::string_view mark_of(Verdict verdict);

/// "2026-04-01 09:00:00 UTC".
[[nodiscard]] std::string readable_time(TimeUs time);

}  // namespace cellmon::harness::report
