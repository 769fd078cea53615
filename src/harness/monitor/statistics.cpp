#include "harness/monitor/statistics.hpp"

#include <algorithm>

namespace cellmon::harness::monitor {

void Statistics::add(double value) {
    first_ = count_ == 0 ? value : first_;
    peak_ = count_ == 0 ? value : std::max(peak_, value);
    current_ = value;
    sum_ += value;
    ++count_;
}

std::optional<double> Statistics::average() const {
    return known(count_ > 0 ? sum_ / static_cast<double>(count_) : 0);
}

}  // namespace cellmon::harness::monitor
