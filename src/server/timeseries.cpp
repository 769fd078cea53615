#include "server/timeseries.hpp"

#include <utility>

#include "base/random.hpp"
#include "server/projection_limits.hpp"
#include "server/projection_log.hpp"
#include "server/source.hpp"
#include "sinks/influxdb/timeseries_sink.hpp"

namespace cellmon::server {

Result<std::unique_ptr<projection::ProjectionRunner>> make_timeseries_projection(
    const config::Config& config, const journal::Journal& journal, io::FileSystem& files,
    const Clock& clock, telemetry::Log& log, std::shared_ptr<influxdb::Counters> counters) {
    CELLMON_TRY(influxdb::check(config.influx));
    CELLMON_TRY_ASSIGN(auto source, open_source(journal, files));
    influxdb::SinkOptions options = config.timeseries;
    options.poison_entries = config.relational.poison_entries;
    options.poison_share = config.relational.poison_share;
    auto sink = std::make_unique<influxdb::TimeseriesSink>(
        config.influx, options, config.data_directory + "/timeseries.state", source->beginning(),
        influxdb::TimeseriesSink::Dependencies{files, clock, log, std::move(counters)});
    return std::make_unique<projection::ProjectionRunner>(
        std::move(source), std::move(sink), clock, std::make_unique<SystemRandom>(),
        projection_limits(config), log_failures(log, clock));
}

std::vector<telemetry::MetricFamily> timeseries_metrics(const influxdb::Counters& counters) {
    using telemetry::counter;
    const auto number = [](const std::atomic<std::uint64_t>& value) {
        return static_cast<double>(value.load());
    };
    return {
        counter("cellmon_influxdb_connections_total", "Connections made",
                number(counters.connections)),
        counter("cellmon_influxdb_posts_total", "Requests that wrote points",
                number(counters.posts)),
        counter("cellmon_influxdb_points_total", "Points in them, those written again included",
                number(counters.points)),
        counter("cellmon_influxdb_line_bytes_total", "Bytes of them before packing",
                number(counters.line_bytes)),
        counter("cellmon_influxdb_packed_bytes_total", "Bytes of them as sent",
                number(counters.packed_bytes)),
        counter("cellmon_influxdb_expired_points_total",
                "Points older than the database's retention policy keeps",
                number(counters.expired)),
        counter("cellmon_influxdb_rewinds_total",
                "Times that InfluxDB was found to hold less than it had taken",
                number(counters.rewinds)),
    };
}

}  // namespace cellmon::server
