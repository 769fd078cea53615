#include "retention/points_cutoff.hpp"

#include <algorithm>

namespace cellmon::retention {

std::optional<TimeUs> points_cutoff_us(const PointsByDay& days, std::uint64_t most, TimeUs now) {
    if (days.empty()) return std::nullopt;
    const std::int64_t first_spared = std::min(days.rbegin()->first, now / kDayUs);
    std::uint64_t left = 0;
    for (auto day = days.rbegin(); day != days.rend(); ++day) {
        left += day->second;
        if (left > most && day->first < first_spared) return (day->first + 1) * kDayUs;
    }
    return std::nullopt;
}

}  // namespace cellmon::retention
