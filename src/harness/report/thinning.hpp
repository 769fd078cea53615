#pragma once

#include <cstddef>
#include <vector>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// One sample, by its place in the series; `gap`: nothing could be read between it and the last.
struct Kept {
    std::size_t index = 0;
    bool gap = false;
};

/// The samples with a value to plot `series` with in so many columns of equal time: all of them
/// where there are few, else the first, the last, the least and the greatest of each column. A gap
/// stays one.
[[nodiscard]] std::vector<Kept> thinned(const Series& series, std::size_t columns);

}  // namespace cellmon::harness::report
