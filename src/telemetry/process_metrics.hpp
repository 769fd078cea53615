#pragma once

#include <vector>

#include "telemetry/metrics.hpp"

namespace cellmon::telemetry {

/// CPU seconds, resident bytes, open file descriptors, threads and start time of this process, by
/// the names every Prometheus client uses (`process_cpu_seconds_total` …), read from /proc/self.
[[nodiscard]] std::vector<MetricFamily> process_metrics();

}  // namespace cellmon::telemetry
