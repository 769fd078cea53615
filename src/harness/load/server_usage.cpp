#include "harness/load/server_usage.hpp"

#include "harness/wire/blocking_client.hpp"
#include "harness/wire/metrics_text.hpp"

namespace cellmon::harness {

std::optional<ServerUsage> parse_usage(std::string_view metrics) {
    const auto cpu = metric_sum(metrics, "process_cpu_seconds_total");
    const auto resident = metric_sum(metrics, "process_resident_memory_bytes");
    if (!cpu || !resident) return std::nullopt;
    return ServerUsage{*cpu, *resident};
}

std::optional<ServerUsage> read_usage(const Endpoint& endpoint) {
    const auto response = http_get(endpoint, "/metrics", {std::chrono::seconds(3), nullptr});
    if (!response || response->status != 200) return std::nullopt;
    return parse_usage(response->body);
}

}  // namespace cellmon::harness
