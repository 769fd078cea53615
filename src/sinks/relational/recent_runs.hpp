#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace cellmon::relational {

/// The newest runs of one student in one cell, in their order, with the number of errors in a row
/// up to each (0: a success). A run that came a little late finds its place among them, and those
/// behind it are counted again, without a look into the table.
class RecentRuns {
  public:
    /// Kept from one batch to the next; within one there may be more.
    static constexpr std::size_t kMost = 8;

    struct Run {
        TimeUs order_us = 0;
        std::int64_t sequence = 0;
        std::int64_t streak = 0;
        bool changed = false;  ///< Its row has another streak.
    };

    /// Only what comes behind this run will be known.
    void begin_behind(TimeUs order_us, std::int64_t sequence, std::int64_t streak);

    /// The streak of the run; nullopt when its place is in front of all that is known.
    std::optional<std::int64_t> add(TimeUs order_us, std::int64_t sequence, bool failed);

    /// Of the last run behind an add().
    [[nodiscard]] const Run& last() const { return runs_.back(); }

    /// Hands each run whose row has to be changed to `write`, and forgets the oldest.
    template <typename Write>
    void settle(Write&& write) {
        for (Run& run : runs_)
            if (std::exchange(run.changed, false)) write(std::as_const(run));
        forget_oldest();
    }

  private:
    void forget_oldest();

    std::vector<Run> runs_;
    /// The run in front of them.
    Run before_{std::numeric_limits<TimeUs>::min(), 0, 0, false};
};

}  // namespace cellmon::relational
