#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace cellmon::retention {

/// The moment before which points that are kept for so many days (≥ 1) are not kept any more: the
/// begin of a day (UTC), so that it changes once a day and no minute is divided.
[[nodiscard]] constexpr TimeUs cutoff_us(std::uint64_t days, TimeUs now) {
    return (now / kDayUs - static_cast<std::int64_t>(days)) * kDayUs;
}

}  // namespace cellmon::retention
