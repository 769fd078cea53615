#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "audit/day.hpp"
#include "sinks/influxdb/audited_activity.hpp"
#include "sinks/influxdb/audited_points.hpp"
#include "sinks/influxdb/line_protocol.hpp"
#include "sinks/influxdb/local_state.hpp"
#include "sinks/influxdb/query_rows.hpp"

namespace cellmon::influxdb {

/// Of the points of these sequences, which lie in one block.
std::string AuditedPoints::condition(std::uint64_t from, std::uint64_t to) const {
    std::string text = fmt::format("\"block\" = '{}' AND \"sequence\" >= {} AND \"sequence\" < {}",
                                   block_of(from), from, to);
    if (expired_ns_ != INT64_MIN) text += fmt::format(" AND time >= {}", expired_ns_);
    return text;
}

Result<std::vector<audit::RangeSums>> AuditedPoints::sums(std::uint64_t from, std::uint64_t to,
                                                          std::uint64_t step, audit::Depth depth) {
    return depth == audit::Depth::deep ? deep_sums(from, to, step) : quick_sums(from, to, step);
}

/// InfluxDB adds integers modulo 2^64.
Result<std::vector<audit::RangeSums>> AuditedPoints::quick_sums(std::uint64_t from,
                                                                std::uint64_t to,
                                                                std::uint64_t step) {
    std::vector<audit::RangeSums> all((to - from + step - 1) / step);
    for (std::size_t index = 0; index < all.size(); ++index) {
        const std::uint64_t begin = from + index * step;
        const std::string where = condition(begin, std::min(to, begin + step));
        audit::RangeSums& sums = all[index];
        const std::string statements = fmt::format(
            "SELECT count(\"sequence\"), sum(\"contentHash\"), count(\"status\"), "
            "sum(\"duration\") FROM \"student_progress\" WHERE {0}; "
            "SELECT sum(\"product\") FROM (SELECT \"contentHash\" * \"sequence\" AS \"product\" "
            "FROM \"student_progress\" WHERE {0})",
            where);
        CELLMON_TRY(each_row(*connection_, statements, [&](const QueryRow& row) {
            const auto number = [&](std::size_t column) {
                return static_cast<std::uint64_t>(row.integer(column).value_or(0));
            };
            if (row.statement() == 0) {
                sums.rows = number(1);
                sums.marks = number(2);
                sums.details = number(3);
                sums.duration_us = static_cast<std::uint64_t>(
                    std::llround(row.real(4).value_or(0) * static_cast<double>(kNsInUs)));
            } else {
                sums.places = number(1);
            }
        }));
        sums.places -= sums.marks * begin;
    }
    return all;
}

Result<std::vector<audit::RangeSums>> AuditedPoints::deep_sums(std::uint64_t from, std::uint64_t to,
                                                               std::uint64_t step) {
    std::vector<audit::RangeSums> all((to - from + step - 1) / step);
    for (std::uint64_t begin = from; begin < to;) {
        const std::uint64_t end = std::min(to, (begin / kLeaf + 1) * kLeaf);
        const auto span = spans_.find(begin / kLeaf);
        const std::string times = span == spans_.end() ? "" : span->second.condition();
        CELLMON_TRY_ASSIGN(const auto found, points(condition(begin, end) + times, 2 * kLeaf));
        for (const StoredPoint& point : found) {
            const std::uint64_t place = point.sequence - from;
            all[place / step].add(mark_of(point.line), place % step, point.is_run ? 1 : 0,
                                  point.duration_us);
        }
        begin = end;
    }
    return all;
}

Result<void> AuditedPoints::add_totals_of(std::int64_t day, audit::Totals& totals) {
    const std::int64_t begin_ns = day * kDayUs * kNsInUs;
    const std::string where =
        fmt::format("\"sequence\" <= {} AND time >= {} AND time < {}", through_,
                    std::max(begin_ns, expired_ns_), begin_ns + kDayUs * kNsInUs);
    const std::string statements = fmt::format(
        "SELECT count(\"sequence\"), count(\"success\"), sum(\"duration\") FROM "
        "\"student_progress\" WHERE {0} GROUP BY \"emailAddress\"; SELECT count(\"success\") FROM "
        "\"student_progress\" WHERE {0} AND \"success\" = false GROUP BY \"emailAddress\"",
        where);
    return each_row(*connection_, statements, [&](const QueryRow& row) {
        // Of erased events nobody's.
        const std::string_view student = row.tag("emailAddress");
        if (student.empty()) return;
        audit::DayTotals& of_day = totals[{std::string(student), day}];
        if (row.statement() == 1) {
            of_day.errors = row.integer(1).value_or(0);
            return;
        }
        of_day.events = row.integer(1).value_or(0);
        of_day.executions = row.integer(2).value_or(0);
        of_day.duration_us = std::llround(row.real(3).value_or(0) * static_cast<double>(kNsInUs));
    });
}

Result<std::optional<audit::StoredTotals>> AuditedPoints::totals() {
    audit::StoredTotals stored;
    stored.through = through_;
    if (all_.first_ns > all_.last_ns) return stored;
    // A day at a time, so that no answer takes long.
    const std::int64_t last_day = audit::day_of(all_.last_ns / kNsInUs);
    for (std::int64_t day = audit::day_of(all_.first_ns / kNsInUs); day <= last_day; ++day)
        CELLMON_TRY(add_totals_of(day, stored.totals));
    // A point of an activity does not say how far it goes: they can be held against the journal
    // only while nothing is written.
    const bool all_are_there = !has_dead_letters_ && expired_ns_ == INT64_MIN;
    if (!all_are_there) return stored;
    CELLMON_TRY_ASSIGN(const bool before, is_still());
    CELLMON_TRY_ASSIGN(auto groups, activity_totals(*connection_));
    CELLMON_TRY_ASSIGN(const bool behind, is_still());
    if (before && behind) stored.groups = std::move(groups);
    return stored;
}

/// Whether no point was written since open().
Result<bool> AuditedPoints::is_still() {
    CELLMON_TRY_ASSIGN(const auto state, load_state(files_, state_path_));
    if (!state || state->progress.through != through_) return false;
    CELLMON_TRY_ASSIGN(const auto ahead, points(fmt::format("\"sequence\" > {}", through_), 1));
    return ahead.empty();
}

}  // namespace cellmon::influxdb
