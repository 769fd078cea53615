#include "sinks/influxdb/point_changes.hpp"

#include <fmt/format.h>

#include "sinks/influxdb/counters.hpp"
#include "sinks/influxdb/influxql.hpp"
#include "sinks/influxdb/poster.hpp"
#include "sinks/influxdb/query_result.hpp"

namespace cellmon::influxdb {

Result<void> drop_point(Connection& connection, std::string_view measurement,
                        std::string_view itself) {
    CELLMON_TRY_ASSIGN(
        const Answer answer,
        connection.query(fmt::format("DELETE FROM {} WHERE {}", quoted_name(measurement), itself)));
    if (const std::string error = error_of(answer); !error.empty()) {
        return fail(ErrorCode::unavailable,
                    fmt::format("InfluxDB does not drop a point: {}", error));
    }
    return {};
}

Result<void> write_points(Connection& connection, std::span<const std::string> lines) {
    constexpr std::size_t kAtOnce = 2'500;
    Counters counters;
    Poster poster(connection, counters, [](const DeadLetter& letter) {
        return fail(
            ErrorCode::invalid,
            fmt::format("InfluxDB refuses a point that is to be mended: {}", letter.reason));
    });
    for (const std::string& line : lines) {
        poster.next().text() += line;
        poster.next().note_line(0, {});
        if (poster.next().size() >= kAtOnce) CELLMON_TRY(poster.post());
    }
    return poster.finish();
}

}  // namespace cellmon::influxdb
