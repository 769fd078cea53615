#pragma once

#include <optional>
#include <string_view>

#include "harness/classroom/json_text.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness {

/// What the server's process has used, as it says itself at GET /metrics.
struct ServerUsage {
    double cpu_seconds = 0;
    double resident_bytes = 0;
};

/// Reads `process_cpu_seconds_total` and `process_resident_memory_bytes` from Prometheus text;
/// nullopt when one is missing.
[[nodiscard]] std::optional<ServerUsage> parse_usage(std::string_view metrics);

/// nullopt when the server has no such page.
[[nodiscard]] std::optional<ServerUsage> read_usage(const Endpoint& endpoint);

/// What was used between the two, as fields of a report; null when one is missing.
void put_usage(JsonObject& report, const std::optional<ServerUsage>& before,
               const std::optional<ServerUsage>& after);

}  // namespace cellmon::harness
