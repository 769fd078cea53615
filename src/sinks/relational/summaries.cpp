#include "sinks/relational/summaries.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "audit/day.hpp"

namespace cellmon::relational {

Result<Groups> Groups::prepare_streams(Database& database, const TableSet& tables) {
    Groups groups;
    groups.streams_ = true;
    CELLMON_TRY(groups.prepare(database, tables, "%streams", "stream_id",
                               "first_sequence, first_us, last_us, events, predecessor, "
                               "highest_number"));
    return groups;
}

Result<Groups> Groups::prepare_sessions(Database& database, const TableSet& tables) {
    Groups groups;
    CELLMON_TRY(groups.prepare(database, tables, "%sessions", "session_id",
                               "first_sequence, start_us, last_us, events"));
    return groups;
}

Result<void> Groups::prepare(Database& database, const TableSet& tables, std::string_view table,
                             std::string_view name, std::string_view columns) {
    const std::string_view others = columns.substr(columns.find(',') + 2);
    CELLMON_TRY_ASSIGN(
        select_, database.prepare(tables.sql(fmt::format(
                     "SELECT {} FROM {} WHERE student_id = ? AND {} = ?", columns, table, name))));
    CELLMON_TRY_ASSIGN(
        insert_,
        database.prepare_insert(tables.sql(table),
                                fmt::format("first_sequence, student_id, {}, {}", name, others)));
    CELLMON_TRY_ASSIGN(update_,
                       Upserts::prepare_update(
                           database, {tables.sql(table), std::string(columns), "predecessor", ""}));
    if (!asks_for_many(database)) return {};
    CELLMON_TRY_ASSIGN(
        select_many_,
        database.prepare(tables.sql(fmt::format(
            "SELECT student_id, {1}, {2} FROM {0} WHERE (student_id, {1}) IN (SELECT * FROM "
            "unnest({3}, {4}))",
            table, name, columns, array_parameter("BIGINT"), array_parameter("TEXT")))));
    return {};
}

void Groups::make_key(std::string_view name, std::int64_t student_id) {
    key_.assign(reinterpret_cast<const char*>(&student_id), sizeof student_id);
    key_ += name;
}

void Groups::read(const Statement& row, int first, Group& group) const {
    group.first_sequence = row.integer(first);
    group.first_us = row.integer(first + 1);
    group.last_us = row.integer(first + 2);
    group.events = row.integer(first + 3);
    group.stored = true;
    if (!streams_) return;
    if (!row.is_null(first + 4)) group.predecessor = row.text(first + 4);
    group.highest_number = row.integer(first + 5);
}

void Groups::expect(std::string_view name, std::int64_t student_id) {
    make_key(name, student_id);
    if (groups_.contains(key_) || !expected_.insert(key_).second) return;
    students_.add(student_id);
    names_.add(name);
}

Result<void> Groups::look_up() {
    if (expected_.empty()) return {};
    const auto load = [&](const Statement& row) {
        Group group;
        group.student_id = row.integer(0);
        group.name = row.text(1);
        read(row, 2, group);
        make_key(group.name, group.student_id);
        groups_.emplace(key_, std::move(group));
    };
    return select_many_.each(load, students_.take(), names_.take());
}

Result<const Groups::Group*> Groups::add(std::string_view name, std::int64_t student_id,
                                         std::int64_t sequence, TimeUs event_time_us,
                                         std::int64_t number,
                                         std::optional<std::string_view> predecessor) {
    CELLMON_TRY_ASSIGN(Group * group, find(name, student_id, sequence, event_time_us));
    group->first_us = std::min(group->first_us, event_time_us);
    group->last_us = std::max(group->last_us, event_time_us);
    group->highest_number = std::max(group->highest_number, number);
    // Of several the first that was stored; a client that follows the rules names one only.
    if (predecessor && !group->predecessor) group->predecessor = *predecessor;
    ++group->events;
    if (!group->changed) {
        group->changed = true;
        changed_.push_back(group);
    }
    return group;
}

Result<Groups::Group*> Groups::find(std::string_view name, std::int64_t student_id,
                                    std::int64_t sequence, TimeUs event_time_us) {
    make_key(name, student_id);
    if (const auto found = groups_.find(key_); found != groups_.end()) return &found->second;
    Group group;
    group.first_sequence = sequence;
    group.student_id = student_id;
    group.name = name;
    group.first_us = event_time_us;
    group.last_us = event_time_us;
    if (!expected_.contains(key_)) {
        CELLMON_TRY(
            select_.first([&](const Statement& row) { read(row, 0, group); }, student_id, name));
    }
    return &groups_.emplace(key_, std::move(group)).first->second;
}

Result<void> Groups::write(Group& group) {
    const auto run = [&](auto&& row) {
        return streams_ ? row(group.first_us, group.last_us, group.events, group.predecessor,
                              group.highest_number)
                        : row(group.first_us, group.last_us, group.events);
    };
    if (std::exchange(group.stored, true)) {
        return run([&](const auto&... sums) { return update_.add(group.first_sequence, sums...); });
    }
    return run([&](const auto&... sums) {
        return insert_.run(group.first_sequence, group.student_id, group.name, sums...);
    });
}

Result<void> Groups::flush() {
    for (Group* group : changed_) {
        CELLMON_TRY(write(*group));
        group->changed = false;
    }
    changed_.clear();
    return update_.flush();
}

bool Groups::trim() {
    return trim_cache(groups_);
}

void Groups::forget_expected() {
    expected_.clear();
    students_ = {};
    names_ = {};
}

Result<DailyTotals> DailyTotals::prepare(Database& database, const TableSet& tables) {
    DailyTotals totals;
    CELLMON_TRY_ASSIGN(
        totals.add_,
        Upserts::prepare(
            database,
            {tables.sql("%daily_totals AS d"),
             "student_id, day, events, executions, errors, not_run, duration_us, help_signals", "",
             "ON CONFLICT (student_id, day) DO UPDATE SET events = d.events + excluded.events, "
             "executions = d.executions + excluded.executions, errors = d.errors + "
             "excluded.errors, not_run = d.not_run + excluded.not_run, duration_us = "
             "d.duration_us + excluded.duration_us, help_signals = d.help_signals + "
             "excluded.help_signals"}));
    return totals;
}

void DailyTotals::add(const PlacedEvent& placed, event::ExecutionStatus status,
                      bool is_help_signal) {
    Sums& sums = sums_[{placed.student_id, audit::day_of(placed.event.event_time_us)}];
    ++sums.events;
    if (is_help_signal) ++sums.help_signals;
    if (status == event::ExecutionStatus::none) return;
    if (!event::is_execution(status)) {
        ++sums.not_run;
        return;
    }
    ++sums.executions;
    if (status == event::ExecutionStatus::error) ++sums.errors;
    sums.duration_us += event::duration_us_of(placed.event).value_or(0);
}

Result<void> DailyTotals::flush() {
    for (const auto& [key, sums] : sums_) {
        CELLMON_TRY(add_.add(key.first, key.second, sums.events, sums.executions, sums.errors,
                             sums.not_run, sums.duration_us, sums.help_signals));
    }
    sums_.clear();
    return add_.flush();
}

}  // namespace cellmon::relational
