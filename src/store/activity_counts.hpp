#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "store/class_history.hpp"

namespace cellmon::store {

/// What happened in each five minutes, of which the windows of every chart are sums. Counts are
/// added as they become known, in any order. One thread.
class ActivityCounts {
  public:
    static constexpr TimeUs kSlotUs = 300'000'000;  ///< Slots begin at multiples of this.

    struct Counts {
        std::uint64_t executions = 0;
        std::uint64_t errors = 0;
        std::uint64_t help = 0;
    };

    void add(std::int64_t slot, const Counts& counts);
    /// Slots that no chart shows any more at `now`.
    void forget_old(TimeUs now);
    void clear() { slots_.clear(); }
    [[nodiscard]] bool empty() const { return slots_.empty(); }

    /// All windows of the range with nothing in them, oldest first; the last one ends at `now`.
    [[nodiscard]] static std::vector<ActivityWindow> empty_windows(TimeRange range, TimeUs now);

    /// Adds what happened in them to windows of that range and moment.
    void add_to(std::vector<ActivityWindow>& windows, TimeRange range, TimeUs now) const;

    /// When the first of these windows begins.
    [[nodiscard]] static TimeUs start_of(TimeRange range, TimeUs now);

  private:
    std::map<std::int64_t, Counts> slots_;
};

}  // namespace cellmon::store
