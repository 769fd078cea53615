#pragma once

#include <string>
#include <vector>

#include "harness/report/run_report.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::plan {

/// What a phase's verdict follows from, besides its report.
struct PhaseEnd {
    std::vector<report::Words> doubts;  ///< Why its generator was no good; none: it was.
    bool stopped = false;               ///< On request, while it ran.
};

/// Sets verdict and reason of a phase that has been played. A phase that does not apply stays so. A
/// criterion that does not hold fails it, but for one of time where the generator was no good; so
/// does a fault that was not undone, and a reason that is there already.
void settle(report::PhaseReport& phase, const PhaseEnd& end);

}  // namespace cellmon::harness::plan
