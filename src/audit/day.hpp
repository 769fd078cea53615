#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace cellmon::audit {

/// Days since 1970-01-01 (UTC), rounded down, also before it.
[[nodiscard]] constexpr std::int64_t day_of(TimeUs time_us) {
    return time_us / kDayUs - (time_us % kDayUs < 0 ? 1 : 0);
}

}  // namespace cellmon::audit
