#pragma once

#include <string>

#include "sinks/influxdb/connection.hpp"

namespace cellmon::influxdb {

/// What is wrong with the answer to one statement, which may be an error inside of a 200; empty:
/// nothing.
[[nodiscard]] std::string error_of(const Answer& answer);

}  // namespace cellmon::influxdb
