#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace cellmon::delivery {

/// The numbers of a stream that are accounted for, as few ranges as possible. Bounded: a number
/// that would need one range more than kMaxRanges is not taken, and full() says so.
class NumberRanges {
  public:
    static constexpr std::size_t kMaxRanges = 1'024;

    struct Range {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        TimeUs since_us = 0;  ///< When the range was begun, and with it the gap below it.
    };
    using Gap = std::pair<std::uint64_t, std::uint64_t>;

    /// Accounts for [first, last], 1 ≤ first ≤ last, at `now_us`. Returns how many of the numbers
    /// were not accounted for before and are now.
    std::uint64_t add(std::uint64_t first, std::uint64_t last, TimeUs now_us);

    [[nodiscard]] bool contains(std::uint64_t number) const;

    /// The highest number with nothing missing below it; 0 when number 1 is missing.
    [[nodiscard]] std::uint64_t through() const;

    /// Gaps below the highest number that opened at or before `opened_by_us`, lowest first, at most
    /// `limit`.
    [[nodiscard]] std::vector<Gap> missing(TimeUs opened_by_us, std::size_t limit) const;

    /// How many numbers those gaps hold, all of them.
    [[nodiscard]] std::uint64_t missing_count(TimeUs opened_by_us) const;

    [[nodiscard]] bool full() const { return full_; }
    [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

    /// Restores what ranges() and full() gave.
    static NumberRanges restore(std::vector<Range> ranges, bool full);

  private:
    template <typename Visit>
    void for_each_gap(TimeUs opened_by_us, Visit visit) const;

    std::vector<Range> ranges_;  // Ascending, never touching each other.
    bool full_ = false;
};

}  // namespace cellmon::delivery
