#include "sinks/influxdb/points_by_day.hpp"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "audit/day.hpp"
#include "sinks/influxdb/progress_point.hpp"
#include "sinks/influxdb/query_rows.hpp"

namespace cellmon::influxdb {

Result<std::map<std::int64_t, std::uint64_t>> points_by_day(Connection& connection) {
    std::optional<std::int64_t> first_ns;
    std::optional<std::int64_t> last_ns;
    // Without bounds a count by days ends with now, and clocks of clients may be ahead. `sequence`
    // is a field of every point.
    const auto asked = each_row(
        connection,
        fmt::format("SELECT first(\"sequence\") FROM \"{0}\"; SELECT last(\"sequence\") "
                    "FROM \"{0}\"",
                    kProgress),
        [&](const QueryRow& row) { (row.statement() == 0 ? first_ns : last_ns) = row.integer(0); });
    std::map<std::int64_t, std::uint64_t> days;
    // A database that is not there yet.
    if (!asked && asked.error().message.find("not found") != std::string::npos) return days;
    if (!asked) return fail(asked.error());
    if (!first_ns || !last_ns) return days;
    CELLMON_TRY(each_row(
        connection,
        fmt::format("SELECT count(\"sequence\") FROM \"{}\" WHERE time >= {} AND time <= {} GROUP "
                    "BY time(1d) fill(none)",
                    kProgress, *first_ns, *last_ns),
        [&](const QueryRow& row) {
            days[audit::day_of(row.integer(0).value_or(0) / 1'000)] +=
                static_cast<std::uint64_t>(row.integer(1).value_or(0));
        }));
    return days;
}

}  // namespace cellmon::influxdb
