#pragma once

#include <cstdint>
#include <map>

#include "base/result.hpp"
#include "sinks/influxdb/connection.hpp"

namespace cellmon::influxdb {

/// How many points of `student_progress` lie in each day (UTC, since 1970) that has some. InfluxDB
/// reads one field of all of them for that. ErrorCode::unavailable when it does not answer,
/// cancelled behind an interrupt.
Result<std::map<std::int64_t, std::uint64_t>> points_by_day(Connection& connection);

}  // namespace cellmon::influxdb
