#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/clock.hpp"

namespace cellmon::harness::monitor {

/// What a sample says of the system under test.
enum class Metric : std::size_t {
    cpu_percent,
    memory_percent,
    memory_mb,
    disk_read,
    disk_write,
    disk_busy,
    network_in,
    network_out,
    redis_clients,
    postgres_sessions,
    influx_points,
    response_time,
    throughput,
    error_rate,
    websockets,
    host_cpu,
    host_memory,
    generator_cpu,
    last = generator_cpu,
};
inline constexpr std::size_t kMetrics = static_cast<std::size_t>(Metric::last) + 1;

struct MetricInfo {
    Metric metric;
    std::string_view name;   ///< In JSON.
    std::string_view label;  ///< For a person.
    std::string_view unit;
    int decimals;
    std::string_view meaning;
};
/// Each metric, in the order of the enumeration.
[[nodiscard]] const std::array<MetricInfo, kMetrics>& metric_infos();

/// Of the time since the last look at the server.
[[nodiscard]] constexpr bool is_rate(Metric metric) {
    return metric == Metric::throughput || metric == Metric::error_rate;
}

/// A value, or why there is none.
struct Reading {
    std::optional<double> value;
    std::string reason;

    static Reading of(double value) { return {value, {}}; }
    static Reading none(std::string reason) { return {std::nullopt, std::move(reason)}; }
};

enum class Status { healthy, warning, critical };
[[nodiscard]] std::string_view name_of(Status status);

/// Something that is wrong whatever the numbers say.
struct Trouble {
    Status status = Status::warning;
    std::string text;
};

/// One of the watched parts: a process with all that it has started.
struct ProcessReading {
    std::string name;
    pid_t pid = 0;  ///< 0: not found.
    Reading cpu_percent;
    Reading memory_mb;
};

struct Sample {
    TimeUs at = 0;
    std::array<Reading, kMetrics> readings;
    std::vector<ProcessReading> processes;
    std::vector<Trouble> troubles;
    double answers = 0;   ///< Of the server to others than the monitor, since the last sample.
    double failures = 0;  ///< Of these: 5xx.

    [[nodiscard]] const Reading& operator[](Metric metric) const {
        return readings[static_cast<std::size_t>(metric)];
    }
    [[nodiscard]] Reading& operator[](Metric metric) {
        return readings[static_cast<std::size_t>(metric)];
    }
};

}  // namespace cellmon::harness::monitor
