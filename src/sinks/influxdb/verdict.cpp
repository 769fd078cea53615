#include "sinks/influxdb/verdict.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace cellmon::influxdb {
namespace {

/// `… dropped=7`; 1 when it does not say.
std::uint64_t dropped_of(std::string_view reason) {
    constexpr std::string_view kDropped = "dropped=";
    const std::size_t at = reason.find(kDropped);
    if (at == std::string_view::npos) return 1;
    std::uint64_t count = 1;
    const char* begin = reason.data() + at + kDropped.size();
    std::from_chars(begin, reason.data() + reason.size(), count);
    return count;
}

bool is_about_retention(std::string_view reason) {
    // As 1.x and 2.x say it.
    return reason.find("beyond retention policy") != std::string_view::npos ||
           reason.find("outside retention policy") != std::string_view::npos;
}

}  // namespace

Verdict verdict_of(const Answer& answer, std::string_view database) {
    using enum Verdict::Kind;
    if (answer.status >= 200 && answer.status < 300) return {};
    std::string reason = text_of(answer);
    switch (answer.status) {
        case 400:
        case 422: {
            if (is_about_retention(reason)) {
                const std::uint64_t dropped = dropped_of(reason);
                return {expired, dropped, std::move(reason)};
            }
            return {refused, 0, std::move(reason)};
        }
        case 401:
        case 403:
            return {failed, 0,
                    fmt::format("InfluxDB refuses influx.user and influx.password, or influx.token "
                                "(status {}): {}",
                                answer.status, reason)};
        case 404:
            return {failed, 0,
                    fmt::format("InfluxDB does not have the database {}: {}", database, reason)};
        case 413:
            return {too_large, 0, std::move(reason)};
        default:
            return {failed, 0,
                    fmt::format("InfluxDB answers with status {}: {}", answer.status, reason)};
    }
}

std::string without_values(std::string_view reason) {
    const std::size_t end = std::min(reason.find('\''), reason.find(" value="));
    return std::string(reason.substr(0, end)) + (end < reason.size() ? "…" : "");
}

}  // namespace cellmon::influxdb
