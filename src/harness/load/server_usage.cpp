#include "harness/load/server_usage.hpp"

#include <fmt/format.h>

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

void put_usage(JsonObject& report, const std::optional<ServerUsage>& before,
               const std::optional<ServerUsage>& after) {
    const bool measured = before && after;
    report.raw("server_cpu_seconds",
               measured ? fmt::format("{:.3f}", after->cpu_seconds - before->cpu_seconds) : "null");
    report.raw("server_resident_bytes",
               measured ? fmt::format("{:.0f}", after->resident_bytes) : "null");
}

}  // namespace cellmon::harness
