#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "store/class_history.hpp"

namespace cellmon::store {

/// The runs of each student in each class, summed for each five minutes (ActivityCounts::kSlotUs),
/// so that a range that ends at the present is a sum for whoever may see a part of them. Sums are
/// added as they become known, in any order. One thread.
class RunTotals {
  public:
    struct Sums {
        std::uint64_t executions = 0;
        std::uint64_t errors = 0;
        std::uint64_t timed = 0;
        std::int64_t timed_us = 0;
    };

    /// `class_code`: empty for runs that name none.
    void add(std::string_view email, std::string_view class_code, std::int64_t slot,
             const Sums& sums);
    /// Slots that begin before `from_us`.
    void forget_before(TimeUs from_us);
    void clear() { students_.clear(); }

    /// Of what counts in the slots that begin at `from_us` or later.
    [[nodiscard]] Totals since(TimeUs from_us, const Counts& counts) const;

  private:
    using Slots = std::map<std::int64_t, Sums>;
    using Classes = std::map<std::string, Slots, std::less<>>;
    std::map<std::string, Classes, std::less<>> students_;  ///< By address.
};

}  // namespace cellmon::store
