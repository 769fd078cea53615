#include "store/activity_counts.hpp"

#include <algorithm>

namespace cellmon::store {
namespace {

/// How a range is cut; a window is a whole number of slots.
struct Cut {
    std::int64_t window_us;
    std::int64_t windows;
};

Cut cut_of(TimeRange range) {
    switch (range) {
        case TimeRange::hour:
            return {ActivityCounts::kSlotUs, 12};
        case TimeRange::day:
            return {kHourUs, 24};
        case TimeRange::week:
            return {4 * kHourUs, 42};
    }
    return {ActivityCounts::kSlotUs, 12};
}

}  // namespace

void ActivityCounts::add(std::int64_t slot, const Counts& counts) {
    Counts& sum = slots_[slot];
    sum.executions += counts.executions;
    sum.errors += counts.errors;
    sum.help += counts.help;
}

void ActivityCounts::forget_old(TimeUs now) {
    slots_.erase(slots_.begin(), slots_.lower_bound(start_of(TimeRange::week, now) / kSlotUs));
}

TimeUs ActivityCounts::start_of(TimeRange range, TimeUs now) {
    const Cut cut = cut_of(range);
    return (now / cut.window_us - cut.windows + 1) * cut.window_us;
}

std::vector<ActivityWindow> ActivityCounts::empty_windows(TimeRange range, TimeUs now) {
    const Cut cut = cut_of(range);
    std::vector<ActivityWindow> windows(static_cast<std::size_t>(cut.windows));
    TimeUs end_us = start_of(range, now);
    for (ActivityWindow& window : windows)
        window.end_us = std::min(end_us += cut.window_us, now);
    return windows;
}

void ActivityCounts::add_to(std::vector<ActivityWindow>& windows, TimeRange range,
                            TimeUs now) const {
    const std::int64_t window_us = cut_of(range).window_us;
    TimeUs start_us = start_of(range, now);
    for (ActivityWindow& window : windows) {
        const auto end = slots_.lower_bound((start_us + window_us) / kSlotUs);
        for (auto slot = slots_.lower_bound(start_us / kSlotUs); slot != end; ++slot) {
            window.executions += slot->second.executions;
            window.errors += slot->second.errors;
            window.help += slot->second.help;
        }
        start_us += window_us;
    }
}

}  // namespace cellmon::store
