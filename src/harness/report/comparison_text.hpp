#pragma once

#include <string>
#include <vector>

#include "harness/report/comparison.hpp"

namespace cellmon::harness::report {

/// For a terminal; `colours` for one that shows them.
[[nodiscard]] std::string comparison_text(const std::vector<NamedRun>& runs,
                                          const Comparison& comparison, bool colours);

/// As docs/reference/report.md describes it.
[[nodiscard]] std::string comparison_json(const std::vector<NamedRun>& runs,
                                          const Comparison& comparison);

/// One page on which the runs stand side by side, their plots too.
[[nodiscard]] std::string comparison_html(const std::vector<NamedRun>& runs,
                                          const Comparison& comparison);

/// A, B, …, Z, AA: what a run is called in tables.
[[nodiscard]] std::string letter_of(std::size_t run);

/// "+12.5 %".
[[nodiscard]] std::string percent_text(double percent);

/// In what the runs are not alike, so that a difference may be one of it: "plan", "machine", ….
[[nodiscard]] std::vector<std::string> unlike_in(const std::vector<NamedRun>& runs);

/// Puts the escape codes of its colour around the text of a change; without colours as it is.
[[nodiscard]] std::string coloured(std::string_view text, Change change, bool colours);

}  // namespace cellmon::harness::report
