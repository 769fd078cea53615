#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sinks/influxdb/connection.hpp"

namespace cellmon::influxdb {

/// Deletes the points of the measurement for which `itself`, a condition of DELETE, holds.
Result<void> drop_point(Connection& connection, std::string_view measurement,
                        std::string_view itself);

/// Writes points, each a whole line. ErrorCode::invalid for one that InfluxDB refuses.
Result<void> write_points(Connection& connection, std::span<const std::string> lines);

}  // namespace cellmon::influxdb
