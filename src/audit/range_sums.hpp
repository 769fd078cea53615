#pragma once

#include <cstdint>

namespace cellmon::audit {

/// What a range of sequences adds up to: equal sums mean equal rows, as far as their marks tell
/// them apart. All sums are modulo 2^64, so that a store can compute them in whatever parts suit
/// it.
struct RangeSums {
    std::uint64_t rows = 0;
    std::uint64_t marks = 0;
    std::uint64_t places = 0;   ///< Of mark × (sequence − first of the range): tells of the order.
    std::uint64_t details = 0;  ///< Rows of other tables that belong to these.
    std::uint64_t duration_us = 0;  ///< Of the known durations of runs.

    bool operator==(const RangeSums&) const = default;

    /// One more row; `place`: its sequence − the first of the range.
    void add(std::uint64_t mark, std::uint64_t place, std::uint64_t more_details,
             std::uint64_t more_duration_us) {
        ++rows;
        marks += mark;
        places += mark * place;
        details += more_details;
        duration_us += more_duration_us;
    }

    /// The sums of a range that begins `place` sequences behind the first of this one.
    void add(const RangeSums& part, std::uint64_t place) {
        rows += part.rows;
        marks += part.marks;
        places += part.places + part.marks * place;
        details += part.details;
        duration_us += part.duration_us;
    }
};

}  // namespace cellmon::audit
