#include "sinks/relational/executions.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sinks/relational/cell_key.hpp"
#include "sinks/relational/string_map.hpp"

namespace cellmon::relational {
namespace {

constexpr std::string_view kCounts = "status IN ('success', 'error')";

constexpr std::string_view kState =
    "cell_id, successes, errors, consecutive_error_count, last_order_us, last_sequence, stream_id, "
    "stream_number, stream_order_us";

}  // namespace

std::size_t Executions::CellKeyHash::operator()(const CellKey& key) const noexcept {
    return static_cast<std::size_t>(key.cell_key) ^
           (static_cast<std::size_t>(key.student_id) * 0x9e3779b97f4a7c15U);
}

Result<Executions> Executions::prepare(Database& database, const TableSet& tables,
                                       std::int64_t significant_errors) {
    Executions executions;
    executions.significant_errors_ = significant_errors;
    const auto prepare = [&](Statement& statement, const std::string& sql) -> Result<void> {
        CELLMON_TRY_ASSIGN(statement, database.prepare(tables.sql(sql)));
        return {};
    };
    const std::string counts(kCounts);
    CELLMON_TRY_ASSIGN(executions.order_,
                       StreamOrder::prepare(database, tables, "cell_executions", "executed_us",
                                            "cell_key = ?2 AND " + counts));
    CELLMON_TRY_ASSIGN(
        executions.insert_,
        database.prepare_insert(
            tables.sql("%cell_executions"),
            "sequence, student_id, cell_key, order_us, notebook_id, cell_id, session_id, "
            "stream_id, stream_number, executed_us, status, execution_count, duration_us, "
            "started_us, finished_us, cell_index, cell_type, consecutive_error_count, "
            "is_significant_error, error_name, output_bytes, output_sha256, error_message, "
            "result, output, traceback, code_content"));
    const std::string select_states =
        fmt::format("SELECT student_id, cell_key, {} FROM %cell_states", kState);
    CELLMON_TRY(prepare(executions.select_state_,
                        select_states + " WHERE student_id = ? AND cell_key = ?"));
    if (asks_for_many(database)) {
        CELLMON_TRY(prepare(executions.select_states_,
                            fmt::format("{0} WHERE (student_id, cell_key) IN (SELECT * FROM "
                                        "unnest({1}, {1}))",
                                        select_states, array_parameter("BIGINT"))));
    }
    CELLMON_TRY_ASSIGN(executions.insert_state_,
                       database.prepare_insert(tables.sql("%cell_states"),
                                               fmt::format("student_id, cell_key, {}", kState)));
    CELLMON_TRY_ASSIGN(
        executions.update_states_,
        Upserts::prepare_update(
            database,
            {tables.sql("%cell_states"), fmt::format("student_id, cell_key, {}", kState), "", ""},
            2));
    CELLMON_TRY(prepare(executions.select_streak_before_,
                        "SELECT consecutive_error_count FROM %cell_executions WHERE student_id = ? "
                        "AND cell_key = ? AND order_us < ? AND " +
                            counts + " ORDER BY order_us DESC, sequence DESC LIMIT 1"));
    CELLMON_TRY(prepare(executions.select_behind_,
                        "SELECT sequence, order_us, status = 'error', consecutive_error_count FROM "
                        "%cell_executions WHERE student_id = ? AND cell_key = ? AND order_us >= ? "
                        "AND " +
                            counts + " ORDER BY order_us, sequence"));
    CELLMON_TRY_ASSIGN(
        executions.update_streaks_,
        Upserts::prepare_update(
            database, {tables.sql("%cell_executions"),
                       "sequence, consecutive_error_count, is_significant_error", "", ""}));
    return executions;
}

Result<void> Executions::add(const PlacedEvent& placed, event::ExecutionStatus status) {
    const CellKey key{placed.student_id, cell_key_of(placed.event)};
    const bool failed = status == event::ExecutionStatus::error;
    if (!event::is_execution(status) || key.cell_key == kNoCell) {
        return insert(placed, status, key.cell_key, placed.event.event_time_us, failed ? 1 : 0);
    }
    CELLMON_TRY_ASSIGN(CellState * state, state_of(key, placed.sequence));
    if (placed.cell_id) state->cell_id = std::max(state->cell_id.value_or(0), *placed.cell_id);
    (failed ? state->errors : state->successes) += 1;
    CELLMON_TRY_ASSIGN(const Place place, this->place(placed, key.cell_key, *state));
    if (!state->uncounted && !place.late_in_stream) {
        if (const auto streak = state->recent.add(place.order_us, placed.sequence, failed)) {
            const RecentRuns::Run& last = state->recent.last();
            state->streak = last.streak;
            state->last_order_us = last.order_us;
            state->last_sequence = last.sequence;
            return insert(placed, status, key.cell_key, place.order_us, *streak);
        }
    }
    if (!place.late) {
        state->streak = failed ? state->streak + 1 : 0;
        state->last_order_us = place.order_us;
        state->last_sequence = placed.sequence;
        return insert(placed, status, key.cell_key, place.order_us, state->streak);
    }
    CELLMON_TRY(insert(placed, status, key.cell_key, place.order_us, 0));
    StreamOrder::Span moved{place.order_us, place.order_us};
    if (place.late_in_stream) {
        CELLMON_TRY_ASSIGN(moved, order_.reorder(placed, key.cell_key));
        state->known.stream_id.reset();
    }
    StreamOrder::Span& uncounted =
        state->uncounted ? *state->uncounted : state->uncounted.emplace(moved);
    uncounted.from_us = std::min(uncounted.from_us, moved.from_us);
    uncounted.through_us = std::max(uncounted.through_us, moved.through_us);
    return {};
}

void Executions::expect(std::int64_t student_id, const event::Event& event) {
    const CellKey key{student_id, cell_key_of(event)};
    if (key.cell_key == kNoCell || states_.contains(key) || !expected_.insert(key).second) return;
    students_.add(key.student_id);
    cells_.add(key.cell_key);
}

Result<void> Executions::look_up(std::int64_t newest) {
    if (expected_.empty()) return {};
    const auto load = [&](const Statement& row) {
        read(row, newest, states_[CellKey{row.integer(0), row.integer(1)}]);
    };
    return select_states_.each(load, students_.take(), cells_.take());
}

void Executions::read(const Statement& row, std::int64_t newest, CellState& state) {
    state.cell_id = row.optional_integer(2);
    state.successes = row.integer(3);
    state.errors = row.integer(4);
    state.streak = row.integer(5);
    state.last_order_us = row.integer(6);
    state.last_sequence = row.integer(7);
    state.known = {row.optional_integer(8), {row.integer(9), row.integer(10)}, newest};
    state.stored = true;
    if (state.last_sequence != 0) {
        state.recent.begin_behind(state.last_order_us, state.last_sequence, state.streak);
    }
}

Result<Executions::CellState*> Executions::state_of(const CellKey& key, std::int64_t sequence) {
    auto found = states_.find(key);
    if (found == states_.end()) {
        CellState state;
        if (!expected_.contains(key)) {
            CELLMON_TRY(
                select_state_.first([&](const Statement& row) { read(row, sequence - 1, state); },
                                    key.student_id, key.cell_key));
        }
        found = states_.emplace(key, state).first;
    }
    if (!found->second.changed) {
        found->second.changed = true;
        changed_.push_back(&*found);
    }
    return &found->second;
}

Result<Executions::Place> Executions::place(const PlacedEvent& placed, std::int64_t cell_key,
                                            CellState& state) {
    Place place{placed.event.event_time_us, false, false};
    const auto known = state.known;
    state.known.newest = placed.sequence;
    if (placed.stream_id) {
        CELLMON_TRY_ASSIGN(const auto end, order_.end_of(placed, cell_key, known));
        if (end && placed.stream_number < end->number) {
            return Place{place.order_us, true, true};
        }
        if (end) place.order_us = std::max(place.order_us, end->order_us + 1);
        state.known.stream_id = placed.stream_id;
        state.known.end = {placed.stream_number, place.order_us};
    }
    place.late = state.last_sequence != 0 && place.order_us < state.last_order_us;
    return place;
}

Result<void> Executions::insert(const PlacedEvent& placed, event::ExecutionStatus status,
                                std::int64_t cell_key, TimeUs order_us, std::int64_t streak) {
    const event::Event& event = placed.event;
    return insert_.run(
        placed.sequence, placed.student_id, cell_key, order_us, placed.notebook_id, placed.cell_id,
        placed.session_id, placed.stream_id, placed.number(), event.event_time_us,
        event::name_of(status), event.execution_count, event::duration_us_of(event),
        event.started_at_us, event.finished_at_us, event.cell_index, event.cell_type, streak,
        streak >= significant_errors_, event.error_name, event.output_bytes, event.output_sha256,
        event.error_message, event.result, event.output, event.traceback, event.code);
}

Result<void> Executions::count_again(const CellKey& key, StreamOrder::Span span, CellState& state) {
    struct Change {
        std::int64_t sequence;
        std::int64_t streak;
    };
    std::int64_t streak = 0;
    CELLMON_TRY(select_streak_before_.first([&](const Statement& row) { streak = row.integer(0); },
                                            key.student_id, key.cell_key, span.from_us));
    std::vector<Change> changes;
    struct {
        std::int64_t sequence = 0;
        TimeUs order_us = 0;
    } last;
    bool to_the_end = true;
    CELLMON_TRY(select_behind_.each(
        [&](const Statement& row) {
            const std::int64_t order_us = row.integer(1);
            streak = row.integer(2) != 0 ? streak + 1 : 0;
            if (streak != row.integer(3)) {
                changes.push_back({row.integer(0), streak});
            } else if (order_us > span.through_us) {
                // From here on nothing moved and the count is what it was.
                to_the_end = false;
                return false;
            }
            last = {row.integer(0), order_us};
            return true;
        },
        key.student_id, key.cell_key, span.from_us));
    for (const Change& change : changes)
        CELLMON_TRY(write_streak(change.sequence, change.streak));
    CELLMON_TRY(update_streaks_.flush());
    if (to_the_end) {
        state.streak = streak;
        state.last_sequence = last.sequence;
        state.last_order_us = last.order_us;
    }
    return {};
}

Result<void> Executions::write_streak(std::int64_t sequence, std::int64_t streak) {
    return update_streaks_.add(sequence, streak, streak >= significant_errors_);
}

Result<void> Executions::flush() {
    Result<void> written;
    for (auto* entry : changed_) {
        entry->second.recent.settle([&](const RecentRuns::Run& run) {
            if (written) written = write_streak(run.sequence, run.streak);
        });
    }
    CELLMON_TRY(std::move(written));
    CELLMON_TRY(update_streaks_.flush());
    for (auto* entry : changed_) {
        auto& [key, state] = *entry;
        if (state.uncounted) {
            CELLMON_TRY(count_again(key, *state.uncounted, state));
            state.recent.begin_behind(state.last_order_us, state.last_sequence, state.streak);
        }
        state.uncounted.reset();
        const auto known = [&](std::int64_t value) {
            return state.known.stream_id ? std::optional(value) : std::nullopt;
        };
        const auto write = [&](auto&& row) {
            return row(key.student_id, key.cell_key, state.cell_id, state.successes, state.errors,
                       state.streak, state.last_order_us, state.last_sequence,
                       state.known.stream_id, known(state.known.end.number),
                       known(state.known.end.order_us));
        };
        if (std::exchange(state.stored, true)) {
            CELLMON_TRY(write([&](const auto&... row) { return update_states_.add(row...); }));
        } else {
            CELLMON_TRY(write([&](const auto&... row) { return insert_state_.run(row...); }));
        }
        state.changed = false;
    }
    changed_.clear();
    return update_states_.flush();
}

bool Executions::trim() {
    return trim_cache(states_);
}

void Executions::forget_expected() {
    expected_.clear();
    students_ = {};
    cells_ = {};
}

}  // namespace cellmon::relational
