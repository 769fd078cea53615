#pragma once

#include <cstdint>

#include "journal/cursor.hpp"

namespace cellmon::influxdb {

/// Version of the points. Another one has other tags or fields: what is there must go first.
inline constexpr std::uint64_t kPointsVersion = 1;

/// How far the points go, and where a fold that continues them begins: at the begin of a range of
/// ClassActivity, so a little earlier.
struct Progress {
    std::uint64_t through = 0;
    journal::Cursor resume;

    bool operator==(const Progress&) const = default;
};

}  // namespace cellmon::influxdb
