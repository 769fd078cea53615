#include "sinks/relational/recent_runs.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace cellmon::relational {
namespace {

bool comes_before(const RecentRuns::Run& one, const RecentRuns::Run& other) {
    return std::tie(one.order_us, one.sequence) < std::tie(other.order_us, other.sequence);
}

}  // namespace

void RecentRuns::begin_behind(TimeUs order_us, std::int64_t sequence, std::int64_t streak) {
    runs_.clear();
    before_ = {order_us, sequence, streak, false};
}

std::optional<std::int64_t> RecentRuns::add(TimeUs order_us, std::int64_t sequence, bool failed) {
    const Run run{order_us, sequence, failed ? 1 : 0, false};
    const auto place = std::upper_bound(runs_.begin(), runs_.end(), run, comes_before);
    if (place == runs_.begin() && !comes_before(before_, run)) return std::nullopt;
    auto at = runs_.insert(place, run);
    std::int64_t streak = at == runs_.begin() ? before_.streak : std::prev(at)->streak;
    if (failed) at->streak = streak + 1;
    const std::int64_t found = at->streak;
    for (streak = found, ++at; at != runs_.end(); ++at) {
        streak = at->streak > 0 ? streak + 1 : 0;
        // From here on nothing has changed.
        if (streak == at->streak) break;
        at->streak = streak;
        at->changed = true;
    }
    return found;
}

void RecentRuns::forget_oldest() {
    if (runs_.size() <= kMost) return;
    const auto first = runs_.end() - static_cast<std::ptrdiff_t>(kMost);
    before_ = *std::prev(first);
    runs_.erase(runs_.begin(), first);
    runs_.shrink_to_fit();
}

}  // namespace cellmon::relational
