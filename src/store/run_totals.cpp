#include "store/run_totals.hpp"

#include "store/activity_counts.hpp"

namespace cellmon::store {
namespace {

/// The value of the key, made when there is none.
template <typename Map>
auto& at(Map& map, std::string_view key) {
    const auto found = map.find(key);
    return found != map.end() ? found->second : map[std::string(key)];
}

}  // namespace

void RunTotals::add(std::string_view email, std::string_view class_code, std::int64_t slot,
                    const Sums& sums) {
    Sums& sum = at(at(students_, email), class_code)[slot];
    sum.executions += sums.executions;
    sum.errors += sums.errors;
    sum.timed += sums.timed;
    sum.timed_us += sums.timed_us;
}

void RunTotals::forget_before(TimeUs from_us) {
    const std::int64_t first = from_us / ActivityCounts::kSlotUs;
    for (auto& [email, classes] : students_) {
        for (auto& [code, slots] : classes)
            slots.erase(slots.begin(), slots.lower_bound(first));
        std::erase_if(classes, [](const auto& one) { return one.second.empty(); });
    }
    std::erase_if(students_, [](const auto& one) { return one.second.empty(); });
}

Totals RunTotals::since(TimeUs from_us, const Counts& counts) const {
    const std::int64_t first = from_us / ActivityCounts::kSlotUs;
    Totals totals;
    for (const auto& [email, classes] : students_) {
        const std::uint64_t before = totals.executions;
        for (const auto& [code, slots] : classes) {
            if (counts && !counts(email, code)) continue;
            for (auto slot = slots.lower_bound(first); slot != slots.end(); ++slot) {
                totals.executions += slot->second.executions;
                totals.errors += slot->second.errors;
                totals.timed += slot->second.timed;
                totals.timed_us += slot->second.timed_us;
            }
        }
        totals.students += totals.executions > before ? 1 : 0;
    }
    return totals;
}

}  // namespace cellmon::store
