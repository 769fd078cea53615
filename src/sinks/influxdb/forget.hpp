#pragma once

#include "base/result.hpp"
#include "sinks/influxdb/connection.hpp"

namespace cellmon::influxdb {

/// Drops all points of ours, and the marks last: so whoever writes them, now or later, finds that
/// the marks are missing only when no point is left, and writes all of them anew.
Result<void> forget_points(Connection& connection);

}  // namespace cellmon::influxdb
