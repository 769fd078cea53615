#include "sinks/influxdb/erase_student.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "audit/day.hpp"
#include "base/mention.hpp"
#include "sinks/influxdb/audited_activity.hpp"
#include "sinks/influxdb/kept_from.hpp"
#include "sinks/influxdb/local_state.hpp"
#include "sinks/influxdb/point_changes.hpp"
#include "sinks/influxdb/progress_point.hpp"
#include "sinks/influxdb/query_result.hpp"
#include "sinks/influxdb/query_rows.hpp"

namespace cellmon::influxdb {
namespace {

/// Points that are written at once.
constexpr std::size_t kEmptyPoints = 10'000;

/// A condition: the tag is the address, in whatever capital letters.
std::string is_student(std::string_view email) {
    std::string pattern;
    for (const char c : email) {
        if (std::string_view("\\.+*?()|[]{}^$/").find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return fmt::format("\"emailAddress\" =~ /(?i)^{}$/", pattern);
}

bool is_nothing_there(const std::string& error) {
    return error.find("not found") != std::string::npos;
}

Result<void> drop_points(Connection& connection, std::string_view email) {
    CELLMON_TRY_ASSIGN(
        const Answer answer,
        connection.query(fmt::format("DELETE FROM \"{}\" WHERE {}", kProgress, is_student(email))));
    const std::string error = error_of(answer);
    if (error.empty() || is_nothing_there(error)) return {};
    return fail(ErrorCode::unavailable,
                fmt::format("InfluxDB does not drop a student's points: {}", error));
}

/// A point without content for each blanked event that has been projected.
Result<void> write_empty_points(Connection& connection, const journal::Redactions& redactions,
                                std::uint64_t through, TimeUs kept_from_us,
                                projection::EntrySource& source) {
    std::vector<std::string> lines;
    for (const auto& [first, last] : redactions.ranges()) {
        if (first > through) break;
        CELLMON_TRY(source.seek_sequence(first));
        for (std::uint64_t at = first; at <= std::min(last, through); ++at) {
            CELLMON_TRY_ASSIGN(const auto entry, source.next());
            if (!entry) return fail(ErrorCode::mismatch, "the journal ends before its points");
            const journal::EntryHeader& header = entry->header;
            if (header.kind != journal::EntryKind::event || header.received_us < kept_from_us) {
                continue;
            }
            append_redacted_point(lines.emplace_back(), header);
            if (lines.size() < kEmptyPoints) continue;
            CELLMON_TRY(write_points(connection, lines));
            lines.clear();
        }
    }
    return write_points(connection, lines);
}

/// What InfluxDB said of a point may repeat it.
Result<void> clear_reasons(io::FileSystem& files, const PointsToErase& erase, LocalState state) {
    bool changed = false;
    for (DeadLetter& letter : state.dead_letters) {
        if (!erase.redactions.contains(letter.sequence) || letter.reason == "erased") continue;
        letter.reason = "erased";
        changed = true;
    }
    return changed ? store_state(files, erase.state_path, state) : Result<void>{};
}

}  // namespace

Result<void> erase_student(const ConnectionOptions& options, io::FileSystem& files,
                           const PointsToErase& erase, projection::EntrySource& source) {
    Interrupter interrupter;
    Connection connection(options, interrupter);
    CELLMON_TRY(drop_points(connection, erase.email));
    CELLMON_TRY_ASSIGN(auto state, load_state(files, erase.state_path));
    // Without a state all points are written again, from what the journal holds now.
    if (!state) return {};
    const std::uint64_t through = std::min(state->progress.through, source.durable_sequence());
    CELLMON_TRY_ASSIGN(const TimeUs kept_from_us, read_kept_from(files, erase.state_path));
    CELLMON_TRY(write_empty_points(connection, erase.redactions, through, kept_from_us, source));
    // Of older days there are no points, and none are to come back.
    std::set<std::int64_t> days = erase.days;
    std::erase_if(days, [&](std::int64_t day) {
        return kept_from_us != kKeptForEver && day < audit::day_of(kept_from_us);
    });
    CELLMON_TRY(mend_activity(connection, source, through, days, true));
    return clear_reasons(files, erase, std::move(*state));
}

Result<std::uint64_t> points_naming(const ConnectionOptions& options, std::string_view email) {
    Interrupter interrupter;
    Connection connection(options, interrupter);
    std::uint64_t points = 0;
    const auto counted = each_row(connection,
                                  fmt::format("SELECT count(\"sequence\") FROM \"{}\" WHERE {}",
                                              kProgress, is_student(email)),
                                  [&](const QueryRow& row) {
                                      points +=
                                          static_cast<std::uint64_t>(row.integer(1).value_or(0));
                                  });
    if (!counted && is_nothing_there(counted.error().message)) return 0;
    if (!counted) return fail(counted.error());
    return points;
}

Result<void> look(const ConnectionOptions& options) {
    Interrupter interrupter;
    Connection connection(options, interrupter);
    CELLMON_TRY(connection.query("SHOW DATABASES"));
    return {};
}

}  // namespace cellmon::influxdb
