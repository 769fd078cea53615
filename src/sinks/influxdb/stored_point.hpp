#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/id128.hpp"
#include "sinks/influxdb/query_rows.hpp"

namespace cellmon::influxdb {

/// A point of `student_progress` as InfluxDB holds it.
struct StoredPoint {
    std::uint64_t sequence = 0;
    Id128 id;            ///< Of its `eventId`; of an erased one of nothing.
    std::string line;    ///< The point as a line; equal to the one that made it.
    std::string itself;  ///< A condition of DELETE that holds for it alone.
    bool is_run = false;
    std::uint64_t duration_us = 0;
};

/// From a row of `SELECT *`.
[[nodiscard]] StoredPoint read_point(const QueryRow& row);

}  // namespace cellmon::influxdb
