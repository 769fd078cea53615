#include "harness/load/server_usage.hpp"

#include <charconv>

#include "harness/wire/blocking_client.hpp"

namespace cellmon::harness {
namespace {

std::optional<double> sample(std::string_view metrics, std::string_view name) {
    for (std::size_t at = 0; at < metrics.size();) {
        const auto end = std::min(metrics.find('\n', at), metrics.size());
        const auto line = metrics.substr(at, end - at);
        at = end + 1;
        if (!line.starts_with(name) || line.size() <= name.size()) continue;
        if (line[name.size()] != ' ' && line[name.size()] != '{') continue;
        const auto space = line.find(' ', name.size());
        if (space == std::string_view::npos) continue;
        double value = 0;
        const auto number = line.substr(space + 1);
        if (std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc())
            return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<ServerUsage> parse_usage(std::string_view metrics) {
    const auto cpu = sample(metrics, "process_cpu_seconds_total");
    const auto resident = sample(metrics, "process_resident_memory_bytes");
    if (!cpu || !resident) return std::nullopt;
    return ServerUsage{*cpu, *resident};
}

std::optional<ServerUsage> read_usage(const Endpoint& endpoint) {
    const auto response = http_get(endpoint, "/metrics", 3);
    if (!response || response->status != 200) return std::nullopt;
    return parse_usage(response->body);
}

}  // namespace cellmon::harness
