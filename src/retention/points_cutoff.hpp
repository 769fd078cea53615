#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/clock.hpp"

namespace cellmon::retention {

/// How many points there are, by the day (UTC, since 1970) that they lie in.
using PointsByDay = std::map<std::int64_t, std::uint64_t>;

/// The moment before which points are not kept any more, so that at most `most` (≥ 1) are left: the
/// end of the last day that goes; nullopt when none has to. Whole days go, the oldest first. The
/// newest one that has points stays, whatever it holds, and so does today when clocks of clients
/// are ahead of it: else nothing that happens now would get a point.
[[nodiscard]] std::optional<TimeUs> points_cutoff_us(const PointsByDay& days, std::uint64_t most,
                                                     TimeUs now);

}  // namespace cellmon::retention
