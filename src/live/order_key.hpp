#pragma once

#include <compare>
#include <cstdint>

#include "base/clock.hpp"

namespace cellmon::live {

/// The place of an entry in the order of its student: event time (never later than the receive
/// time), then the number in its stream, then the sequence. A total order that depends on the entry
/// alone, so "the latest" is a maximum, whatever came first. The default is before every entry.
///
/// The relational projection also mends clocks that step back within a stream; that takes the whole
/// history of the stream. Here such a step only keeps "the latest" as it was until the clock has
/// caught up.
struct OrderKey {
    TimeUs time_us = 0;
    std::int64_t number = 0;
    std::uint64_t sequence = 0;

    auto operator<=>(const OrderKey&) const = default;
    [[nodiscard]] bool set() const { return sequence != 0; }
};

}  // namespace cellmon::live
