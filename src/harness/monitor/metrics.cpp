#include "harness/monitor/metrics.hpp"

namespace cellmon::harness::monitor {

const std::array<MetricInfo, kMetrics>& metric_infos() {
    static constexpr std::array<MetricInfo, kMetrics> kInfos{{
        {Metric::cpu_percent, "cpu_percent", "CPU", "%", 1,
         "CPU of server and stores as a share of all cores; of the host where none is watched"},
        {Metric::memory_percent, "memory_percent", "memory", "%", 1,
         "Memory of server and stores as a share of the machine's"},
        {Metric::memory_mb, "memory_mb", "memory", "MB", 1, "The same in megabytes"},
        {Metric::disk_read, "disk_read_mb_s", "disk read", "MB/s", 2, "Read from the host's disks"},
        {Metric::disk_write, "disk_write_mb_s", "disk written", "MB/s", 2,
         "Written to the host's disks"},
        {Metric::disk_busy, "disk_busy_percent", "disk busy", "%", 1,
         "Time in which the busiest of the host's disks had something to do"},
        {Metric::network_in, "network_in_mb_s", "network in", "MB/s", 2,
         "Received by the host's interfaces, the loopback among them"},
        {Metric::network_out, "network_out_mb_s", "network out", "MB/s", 2,
         "Sent by the host's interfaces, the loopback among them"},
        {Metric::redis_clients, "redis_connected_clients", "Redis clients", "", 0,
         "Clients connected to Redis, this monitor among them"},
        {Metric::postgres_sessions, "postgresql_active_sessions", "PostgreSQL sessions", "", 0,
         "Sessions of PostgreSQL that run a statement, without this monitor's"},
        {Metric::influx_points, "influxdb_point_count", "InfluxDB points", "", 0,
         "Points of events in InfluxDB"},
        {Metric::response_time, "response_time_ms", "response time", "ms", 2,
         "Of the server's readiness probe, on a connection of its own"},
        {Metric::throughput, "throughput_events_per_s", "throughput", "events/s", 0,
         "Events that the server has stored"},
        {Metric::error_rate, "error_rate", "error rate", "", 5,
         "Share of the requests answered with 5xx, without this monitor's own"},
        {Metric::websockets, "websocket_connections", "WebSockets", "", 0,
         "WebSockets open at the server"},
        {Metric::host_cpu, "host_cpu_percent", "host CPU", "%", 1,
         "CPU of everything on the machine, as a share of all cores"},
        {Metric::host_memory, "host_memory_percent", "host memory", "%", 1,
         "Memory of the machine that is not available any more"},
        {Metric::generator_cpu, "generator_cpu_percent", "generator CPU", "%", 1,
         "CPU of the load's generators as a share of all cores"},
    }};
    return kInfos;
}

std::string_view name_of(Status status) {
    switch (status) {
        case Status::healthy:
            return "healthy";
        case Status::warning:
            return "warning";
        case Status::critical:
            return "critical";
    }
    return "";
}

}  // namespace cellmon::harness::monitor
