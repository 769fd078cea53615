#pragma once

#include <cstddef>
#include <string>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// The section of one phase in `report.html`; `index` makes the anchor that the table of phases
/// leads to.
[[nodiscard]] std::string phase_html(const PhaseReport& phase, std::size_t index);

/// "3 / 4": how many of the criteria hold.
[[nodiscard]] std::string held_of(const PhaseReport& phase);

}  // namespace cellmon::harness::report
