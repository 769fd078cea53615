#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace cellmon::retention {

/// How long things are kept, and how much of them. Each has a line in
/// docs/reference/configuration.md; 0: for ever, without a limit.
struct RetentionOptions {
    std::uint64_t payload_days = 0;       ///< What events say, in the journal.
    std::uint64_t payload_bytes = 0;      ///< Of sealed segments that still have it.
    std::uint64_t timeseries_days = 0;    ///< Points in InfluxDB.
    std::uint64_t timeseries_points = 0;  ///< So many of them, one for each event.
    bool without_backup = false;          ///< Payloads may go that no backup has.

    [[nodiscard]] bool of_payloads() const { return payload_days > 0 || payload_bytes > 0; }
    [[nodiscard]] bool of_points() const { return timeseries_days > 0 || timeseries_points > 0; }
};

/// While payloads go by their age a segment takes entries for so long: what is old is to lie apart
/// from what is not.
inline constexpr std::int64_t kSegmentAge_us = kDayUs;

/// Payloads that are younger stay, whatever their size: a store that has committed them may lose
/// its newest transactions in a power failure and need them again.
inline constexpr std::int64_t kLeastAge_us = 10 * kMinuteUs;

}  // namespace cellmon::retention
