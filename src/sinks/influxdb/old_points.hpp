#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sinks/influxdb/connection.hpp"

namespace cellmon::influxdb {

/// Deletes the points of both measurements that are older than `before_us`, a week of them with
/// each request. What is not there needs not go. ErrorCode::unavailable when InfluxDB does not
/// answer or does not delete (2.x and 3.x have no DELETE by this API), cancelled behind an
/// interrupt.
Result<void> delete_points_before(Connection& connection, TimeUs before_us);

}  // namespace cellmon::influxdb
