#pragma once

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"
#include "projection/runner.hpp"
#include "sinks/influxdb/counters.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::server {

/// The time series in the InfluxDB that `influx.url` names; running. ErrorCode::invalid for
/// settings that cannot be used.
Result<std::unique_ptr<projection::ProjectionRunner>> make_timeseries_projection(
    const config::Config& config, const journal::Journal& journal, io::FileSystem& files,
    const Clock& clock, telemetry::Log& log, std::shared_ptr<influxdb::Counters> counters);

/// What it did, as Prometheus families.
[[nodiscard]] std::vector<telemetry::MetricFamily> timeseries_metrics(
    const influxdb::Counters& counters);

}  // namespace cellmon::server
