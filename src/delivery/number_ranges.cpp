#include "delivery/number_ranges.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace cellmon::delivery {

std::uint64_t NumberRanges::add(std::uint64_t first, std::uint64_t last, TimeUs now_us) {
    CELLMON_ASSERT(first >= 1 && first <= last);
    // The ranges that [first, last] overlaps or touches become one.
    const auto begin = std::lower_bound(
        ranges_.begin(), ranges_.end(), first,
        [](const Range& range, std::uint64_t number) { return range.last < number - 1; });
    auto end = begin;
    std::uint64_t known = 0;
    Range merged{first, last, now_us};
    for (; end != ranges_.end() && (last == ~std::uint64_t{0} || end->first <= last + 1); ++end) {
        const std::uint64_t from = std::max(end->first, first);
        const std::uint64_t to = std::min(end->last, last);
        if (from <= to) known += to - from + 1;
        // The gap below the merged range is the one below its lowest part.
        if (end == begin && end->first <= first) merged.since_us = end->since_us;
        merged.first = std::min(merged.first, end->first);
        merged.last = std::max(merged.last, end->last);
    }
    if (begin == end) {
        if (ranges_.size() >= kMaxRanges) {
            full_ = true;
            return 0;
        }
        ranges_.insert(begin, merged);
    } else {
        *begin = merged;
        ranges_.erase(begin + 1, end);
    }
    return last - first + 1 - known;
}

bool NumberRanges::contains(std::uint64_t number) const {
    const auto at = std::lower_bound(
        ranges_.begin(), ranges_.end(), number,
        [](const Range& range, std::uint64_t wanted) { return range.last < wanted; });
    return at != ranges_.end() && at->first <= number;
}

std::uint64_t NumberRanges::through() const {
    return ranges_.empty() || ranges_.front().first > 1 ? 0 : ranges_.front().last;
}

template <typename Visit>
void NumberRanges::for_each_gap(TimeUs opened_by_us, Visit visit) const {
    std::uint64_t next = 1;
    for (const Range& range : ranges_) {
        if (range.first > next && range.since_us <= opened_by_us && !visit(next, range.first - 1)) {
            return;
        }
        next = range.last + 1;
    }
}

std::vector<NumberRanges::Gap> NumberRanges::missing(TimeUs opened_by_us, std::size_t limit) const {
    std::vector<Gap> gaps;
    for_each_gap(opened_by_us, [&](std::uint64_t first, std::uint64_t last) {
        gaps.emplace_back(first, last);
        return gaps.size() < limit;
    });
    return gaps;
}

std::uint64_t NumberRanges::missing_count(TimeUs opened_by_us) const {
    std::uint64_t count = 0;
    for_each_gap(opened_by_us, [&](std::uint64_t first, std::uint64_t last) {
        count += last - first + 1;
        return true;
    });
    return count;
}

NumberRanges NumberRanges::restore(std::vector<Range> ranges, bool full) {
    NumberRanges restored;
    restored.ranges_ = std::move(ranges);
    restored.full_ = full;
    return restored;
}

}  // namespace cellmon::delivery
