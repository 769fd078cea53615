#include "sinks/relational/help.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "sinks/relational/array_text.hpp"
#include "sinks/relational/dialect.hpp"
#include "sinks/relational/string_map.hpp"

namespace cellmon::relational {
namespace {

/// The help button is one per student, whatever notebook it was pressed in.
constexpr std::int64_t kHelpKey = 0;

std::optional<std::string> optional_text(const Statement& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return std::string(row.text(column));
}

}  // namespace

Result<Help> Help::prepare(Database& database, const TableSet& tables) {
    Help help;
    CELLMON_TRY_ASSIGN(
        help.order_, StreamOrder::prepare(database, tables, "help_signals", "asked_us", "?2 = 0"));
    const auto prepare = [&](Statement& statement, std::string_view sql) -> Result<void> {
        CELLMON_TRY_ASSIGN(statement, database.prepare(tables.sql(sql)));
        return {};
    };
    CELLMON_TRY_ASSIGN(
        help.insert_signal_,
        database.prepare_insert(tables.sql("%help_signals"),
                                "sequence, student_id, order_us, asked_us, is_on, notebook_id, "
                                "stream_id, stream_number, note"));
    CELLMON_TRY(
        prepare(help.select_last_, "SELECT max(order_us) FROM %help_signals WHERE student_id = ?"));
    if (asks_for_many(database)) {
        CELLMON_TRY(prepare(
            help.select_many_,
            fmt::format("SELECT student_id, max(order_us) FROM %help_signals WHERE student_id IN "
                        "(SELECT unnest({})) GROUP BY student_id",
                        array_parameter("BIGINT"))));
    }
    CELLMON_TRY(prepare(help.select_open_,
                        "SELECT opened_sequence, opened_us, last_seen_us, signals, notebook_id, "
                        "note, closed_us FROM %help_requests WHERE student_id = ? ORDER BY "
                        "opened_us DESC, opened_sequence DESC LIMIT 1"));
    CELLMON_TRY(prepare(
        help.replace_request_,
        upsert("%help_requests", "opened_sequence",
               "student_id, opened_us, last_seen_us, closed_us, closed_by, closed_sequence, "
               "signals, notebook_id, note")));
    CELLMON_TRY(prepare(help.select_request_before_,
                        "SELECT max(opened_us) FROM %help_requests WHERE student_id = ? AND "
                        "opened_us < ?"));
    CELLMON_TRY(prepare(help.delete_requests_,
                        "DELETE FROM %help_requests WHERE student_id = ? AND opened_us >= ?"));
    CELLMON_TRY(prepare(help.select_signals_,
                        "SELECT sequence, order_us, is_on, notebook_id, note FROM %help_signals "
                        "WHERE student_id = ? AND order_us >= ? ORDER BY order_us, sequence"));
    return help;
}

Result<void> Help::add(const PlacedEvent& placed, bool is_on) {
    CELLMON_TRY_ASSIGN(Student * student, this->student(placed.student_id, placed.sequence));
    const event::Event& event = placed.event;
    TimeUs order_us = event.event_time_us;
    bool late_in_stream = false;
    StreamOrder::Known& known = student->known;
    if (placed.stream_id) {
        CELLMON_TRY_ASSIGN(const auto end, order_.end_of(placed, kHelpKey, known));
        late_in_stream = end && placed.stream_number < end->number;
        if (end && !late_in_stream) order_us = std::max(order_us, end->order_us + 1);
        known.stream_id = late_in_stream ? std::nullopt : placed.stream_id;
        known.end = {placed.stream_number, order_us};
    }
    known.newest = placed.sequence;
    CELLMON_TRY(insert_signal_.run(placed.sequence, placed.student_id, order_us,
                                   event.event_time_us, is_on, placed.notebook_id, placed.stream_id,
                                   placed.number(), event.help_note));
    if (!student->changed) {
        student->changed = true;
        changed_.push_back(placed.student_id);
    }
    const bool is_late = late_in_stream || student->late_from_us ||
                         (student->any && order_us < student->last_order_us);
    if (late_in_stream) {
        CELLMON_TRY_ASSIGN(const auto span, order_.reorder(placed, kHelpKey));
        order_us = span.from_us;
    }
    if (is_late) {
        student->late_from_us = std::min(student->late_from_us.value_or(order_us), order_us);
        return {};
    }
    std::optional<std::string> note;
    if (event.help_note) note = *event.help_note;
    return fold(placed.student_id, *student,
                {placed.sequence, order_us, is_on, placed.notebook_id, std::move(note)});
}

Result<Help::Student*> Help::student(std::int64_t student_id, std::int64_t sequence) {
    if (const auto found = students_.find(student_id); found != students_.end()) {
        return &found->second;
    }
    Student student;
    CELLMON_TRY(select_last_.first(
        [&](const Statement& row) {
            student.any = !row.is_null(0);
            student.last_order_us = row.integer(0);
            if (student.any) student.known.newest = sequence - 1;
        },
        student_id));
    if (student.any) CELLMON_TRY(read_open(student_id, student));
    return &students_.emplace(student_id, std::move(student)).first->second;
}

Result<void> Help::read_open(std::int64_t student_id, Student& student) {
    const auto read = [&](const Statement& row) {
        if (!row.is_null(6)) return;
        student.open = Request{row.integer(0), row.integer(1),          row.integer(2),
                               row.integer(3), row.optional_integer(4), optional_text(row, 5)};
    };
    CELLMON_TRY(select_open_.first(read, student_id));
    return {};
}

void Help::expect(std::int64_t student_id) {
    if (!students_.contains(student_id)) expected_.push_back(student_id);
}

Result<void> Help::look_up(std::int64_t newest) {
    if (expected_.empty()) return {};
    ArrayText ids;
    for (const std::int64_t student_id : std::exchange(expected_, {}))
        if (students_.try_emplace(student_id).second) ids.add(student_id);
    std::vector<std::pair<std::int64_t, Student*>> found;
    CELLMON_TRY(select_many_.each(
        [&](const Statement& row) {
            Student& student = students_.at(row.integer(0));
            student.any = true;
            student.last_order_us = row.integer(1);
            student.known.newest = newest;
            found.emplace_back(row.integer(0), &student);
        },
        ids.take()));
    for (const auto& [student_id, student] : found)
        CELLMON_TRY(read_open(student_id, *student));
    return {};
}

Result<void> Help::fold(std::int64_t student_id, Student& student, const Signal& signal) {
    student.any = true;
    student.last_order_us = signal.order_us;
    auto& open = student.open;
    if (open && signal.order_us - open->last_seen_us > kHelpExpiresUs) {
        CELLMON_TRY(
            write(student_id, *open, open->last_seen_us + kHelpExpiresUs, "expired", std::nullopt));
        open.reset();
    }
    if (!signal.is_on) {
        if (open) {
            CELLMON_TRY(write(student_id, *open, signal.order_us, "student", signal.sequence));
        }
        open.reset();
        return {};
    }
    if (!open) {
        open = Request{signal.sequence,    signal.order_us, signal.order_us, 0,
                       signal.notebook_id, std::nullopt};
    }
    open->last_seen_us = signal.order_us;
    ++open->signals;
    if (signal.note) open->note = signal.note;
    return {};
}

Result<void> Help::flush() {
    for (const std::int64_t student_id : changed_) {
        Student& student = students_.at(student_id);
        if (student.late_from_us) CELLMON_TRY(fold_again(student_id, student));
        CELLMON_TRY(write_open(student_id, student));
        student.changed = false;
    }
    changed_.clear();
    return {};
}

Result<void> Help::write_open(std::int64_t student_id, const Student& student) {
    if (!student.open) return {};
    return write(student_id, *student.open, std::nullopt, std::nullopt, std::nullopt);
}

Result<void> Help::write(std::int64_t student_id, const Request& request,
                         std::optional<TimeUs> closed_us, std::optional<std::string_view> closed_by,
                         std::optional<std::int64_t> closed_sequence) {
    return replace_request_.run(request.opened_sequence, student_id, request.opened_us,
                                request.last_seen_us, closed_us, closed_by, closed_sequence,
                                request.signals, request.notebook_id, request.note);
}

Result<void> Help::fold_again(std::int64_t student_id, Student& student) {
    // Nothing is open in front of a request's first signal, so that folding may begin there. A
    // request of this batch that is not written yet only makes it begin earlier.
    TimeUs start_us = std::numeric_limits<TimeUs>::min();
    CELLMON_TRY(select_request_before_.first(
        [&](const Statement& row) { start_us = row.optional_integer(0).value_or(start_us); },
        student_id, *student.late_from_us));
    CELLMON_TRY(delete_requests_.run(student_id, start_us));
    std::vector<Signal> signals;
    CELLMON_TRY(select_signals_.each(
        [&](const Statement& row) {
            signals.push_back({row.integer(0), row.integer(1), row.integer(2) != 0,
                               row.optional_integer(3), optional_text(row, 4)});
        },
        student_id, start_us));
    const StreamOrder::Known known = student.known;
    student = Student{};
    student.known = known;
    for (const Signal& signal : signals)
        CELLMON_TRY(fold(student_id, student, signal));
    return {};
}

bool Help::trim() {
    return trim_cache(students_);
}

}  // namespace cellmon::relational
