#include "sinks/influxdb/old_points.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "sinks/influxdb/class_activity.hpp"
#include "sinks/influxdb/progress_point.hpp"
#include "sinks/influxdb/query_result.hpp"
#include "sinks/influxdb/query_rows.hpp"

namespace cellmon::influxdb {
namespace {

constexpr std::int64_t kSliceNs = 7 * kDayUs * 1'000;

/// The time of the oldest point; `field` is one that each has.
Result<std::optional<std::int64_t>> oldest_ns(Connection& connection, std::string_view measurement,
                                              std::string_view field) {
    std::optional<std::int64_t> oldest;
    const auto asked =
        each_row(connection, fmt::format("SELECT first(\"{}\") FROM \"{}\"", field, measurement),
                 [&](const QueryRow& row) { oldest = row.integer(0); });
    if (!asked && asked.error().message.find("not found") != std::string::npos) {
        return std::nullopt;
    }
    if (!asked) return fail(asked.error());
    return oldest;
}

Result<void> delete_before(Connection& connection, std::string_view measurement,
                           std::string_view field, std::int64_t before_ns) {
    std::optional<std::int64_t> last;
    while (true) {
        CELLMON_TRY_ASSIGN(const auto oldest, oldest_ns(connection, measurement, field));
        if (!oldest || *oldest >= before_ns) return {};
        if (last && *oldest <= *last) {
            return fail(ErrorCode::unavailable,
                        fmt::format("InfluxDB answers to a DELETE FROM {} and does not delete",
                                    measurement));
        }
        last = oldest;
        const std::int64_t until = std::min(before_ns, *oldest + kSliceNs);
        CELLMON_TRY_ASSIGN(const Answer answer,
                           connection.query(fmt::format("DELETE FROM \"{}\" WHERE time < {}",
                                                        measurement, until)));
        const std::string error = error_of(answer);
        if (error.empty() || error.find("not found") != std::string::npos) continue;
        return fail(
            ErrorCode::unavailable,
            fmt::format("InfluxDB does not delete old points of {}: {}", measurement, error));
    }
}

}  // namespace

Result<void> delete_points_before(Connection& connection, TimeUs before_us) {
    const std::int64_t before_ns = before_us * 1'000;
    CELLMON_TRY(delete_before(connection, kProgress, "sequence", before_ns));
    return delete_before(connection, kActivity, "events", before_ns);
}

}  // namespace cellmon::influxdb
