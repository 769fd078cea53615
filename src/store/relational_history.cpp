#include "store/relational_history.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "store/activity_counts.hpp"
#include "store/run_totals.hpp"

namespace cellmon::store {
namespace {

using relational::Database;
using relational::Statement;

constexpr std::string_view kCounts = "status IN ('success', 'error')";
constexpr std::string_view kClassOfEvent = "coalesce(e.class_code, '')";

std::optional<std::string> text_of(const Statement& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return std::string(row.text(column));
}

/// Which copy of the event tables a count was taken from, and through which sequence.
struct Origin {
    std::int64_t generation = 0;
    Id128 journal_id;
    std::uint64_t epoch = 0;

    bool operator==(const Origin&) const = default;
};

struct LiveCopy {
    Origin origin;
    std::int64_t sequence = 0;
};

}  // namespace

class RelationalHistory::Connection {
  public:
    static Result<std::unique_ptr<Connection>> open(relational::Store& store);

    /// False while the projection has not written anything: then every answer is the empty one.
    [[nodiscard]] bool has_tables() const { return has_tables_; }

    Result<std::vector<ActivityWindow>> activity(TimeRange range, TimeUs now,
                                                 const ClassCodes* classes);
    Result<StudentHistory> student(std::string_view email, const Counts& counts);
    Result<Totals> totals(TimeRange range, TimeUs now, const Counts& counts);
    Result<std::uint64_t> sessions_since(TimeUs from_us, const Counts& counts);
    Result<bool> has_session(std::int64_t row);
    Result<std::vector<EnvironmentReport>> environments(std::string_view email,
                                                        const Counts& counts);
    Result<std::vector<EnvironmentReport>> newest_environments(const Counts& counts);
    Result<std::vector<std::optional<std::int64_t>>> cell_rows(std::span<const StudentCell> cells);

  private:
    explicit Connection(std::unique_ptr<Database> database) : database_(std::move(database)) {}

    Result<void> prepare_all();
    [[nodiscard]] ActivityCounts& counts_of(std::string_view class_code);
    Result<std::optional<LiveCopy>> live_copy();
    Result<std::int64_t> last_sequence_before(TimeUs from_us, std::int64_t through);
    Result<void> count_through(const LiveCopy& copy, TimeUs from_us);
    Result<void> count(TimeRange range, TimeUs now);

    std::unique_ptr<Database> database_;
    bool has_tables_ = false;
    Statement live_copy_;
    Statement event_at_;
    Statement execution_slots_;
    Statement help_slots_;
    Statement executions_;
    Statement sessions_;
    Statement sessions_since_;
    Statement sessions_by_student_;
    Statement session_;
    Statement cell_row_;
    Statement environments_;
    Statement newest_environments_;

    std::map<std::string, ActivityCounts, std::less<>> counts_;  ///< By class; empty: of none.
    RunTotals run_totals_;
    Origin counted_origin_;
    std::int64_t counted_through_ = 0;
    TimeUs counted_from_us_ = 0;  ///< 0: nothing was counted yet.
};

Result<std::unique_ptr<RelationalHistory::Connection>> RelationalHistory::Connection::open(
    relational::Store& store) {
    CELLMON_TRY_ASSIGN(auto database, store.open());
    std::unique_ptr<Connection> made(new Connection(std::move(database)));
    CELLMON_TRY_ASSIGN(made->live_copy_,
                       made->database_->prepare("SELECT generation, journal_id, epoch, sequence "
                                                "FROM projection_state WHERE name = 'live'"));
    CELLMON_TRY_ASSIGN(const auto copy, made->live_copy());
    made->has_tables_ = copy.has_value();
    if (made->has_tables_) CELLMON_TRY(made->prepare_all());
    return made;
}

Result<void> RelationalHistory::Connection::prepare_all() {
    const auto prepare = [&](Statement& statement, std::string_view sql) -> Result<void> {
        CELLMON_TRY_ASSIGN(statement, database_->prepare(sql));
        return {};
    };
    CELLMON_TRY(prepare(event_at_,
                        "SELECT sequence, received_us FROM events WHERE sequence >= ? "
                        "ORDER BY sequence LIMIT 1"));
    CELLMON_TRY(prepare(
        execution_slots_,
        fmt::format("SELECT s.email, {}, x.executed_us / {} AS slot, count(*), "
                    "sum(CASE WHEN x.status = 'error' THEN 1 ELSE 0 END), count(x.duration_us), "
                    "coalesce(sum(x.duration_us), 0) FROM cell_executions x "
                    "JOIN students s ON s.id = x.student_id JOIN events e ON "
                    "e.sequence = x.sequence WHERE x.sequence > ? AND x.sequence <= ? "
                    "AND x.executed_us >= ? AND x.{} GROUP BY 1, 2, 3",
                    kClassOfEvent, ActivityCounts::kSlotUs, kCounts)));
    CELLMON_TRY(
        prepare(help_slots_,
                fmt::format("SELECT h.asked_us / {} AS slot, count(*), {} FROM help_signals h "
                            "JOIN events e ON e.sequence = h.sequence WHERE h.sequence > ? "
                            "AND h.sequence <= ? AND h.asked_us >= ? AND h.is_on = 1 GROUP BY 1, 3",
                            ActivityCounts::kSlotUs, kClassOfEvent)));
    // The newest first, then what belongs to them: else PostgreSQL reads all of the student.
    CELLMON_TRY(prepare(
        executions_,
        fmt::format(
            "SELECT x.cell_id, x.executed_us, x.status, x.duration_us, "
            "substr(coalesce(x.result, x.output), 1, {0}), substr(x.error_message, 1, {0}), "
            "substr(x.code_content, 1, {0}), x.cell_type, x.cell_index, x.execution_count, {2} "
            "FROM (SELECT * FROM cell_executions WHERE student_id = (SELECT id FROM students "
            "WHERE email = ?) AND {1} ORDER BY order_us DESC, sequence DESC LIMIT ?) x "
            "JOIN events e ON e.sequence = x.sequence ORDER BY x.order_us DESC, x.sequence DESC",
            kMaxTextCharacters, kCounts, kClassOfEvent)));
    CELLMON_TRY(prepare(
        sessions_, fmt::format("SELECT t.first_sequence, t.session_id, t.start_us, t.last_us, {} "
                               "FROM sessions t JOIN students s ON s.id = t.student_id "
                               "JOIN events e ON e.sequence = t.first_sequence WHERE s.email = ? "
                               "ORDER BY t.start_us DESC, t.first_sequence DESC LIMIT ?",
                               kClassOfEvent)));
    CELLMON_TRY(prepare(sessions_since_, "SELECT count(*) FROM sessions WHERE last_us >= ?"));
    CELLMON_TRY(
        prepare(sessions_by_student_,
                fmt::format("SELECT s.email, {}, count(*) FROM sessions t JOIN students s ON "
                            "s.id = t.student_id JOIN events e ON e.sequence = t.first_sequence "
                            "WHERE t.last_us >= ? GROUP BY 1, 2",
                            kClassOfEvent)));
    CELLMON_TRY(prepare(session_, "SELECT 1 FROM sessions WHERE first_sequence = ?"));
    CELLMON_TRY(prepare(cell_row_,
                        "SELECT c.id FROM cell_states t JOIN students s ON s.id = t.student_id "
                        "JOIN cells c ON c.id = t.cell_id WHERE s.email = ? AND c.cell_id = ?"));
    constexpr std::string_view kReport =
        "SELECT e.event_id, s.email, {}, g.at_us, g.value, n.path, c.cell_id FROM student_signals "
        "g JOIN students s ON s.id = g.student_id JOIN events e ON e.sequence = g.sequence "
        "LEFT JOIN notebooks n ON n.id = e.notebook_id LEFT JOIN cells c ON c.id = e.cell_id ";
    const std::string report = fmt::format(kReport, kClassOfEvent);
    CELLMON_TRY(prepare(environments_, report + "WHERE s.email = ? AND g.kind = 'environment' "
                                                "ORDER BY g.at_us DESC, g.sequence DESC LIMIT ?"));
    CELLMON_TRY(prepare(
        newest_environments_,
        report +
            "WHERE g.sequence = (SELECT x.sequence FROM student_signals x WHERE x.student_id "
            "= s.id AND x.kind = 'environment' ORDER BY x.at_us DESC, x.sequence DESC LIMIT 1) "
            "ORDER BY s.email"));
    return {};
}

Result<std::optional<LiveCopy>> RelationalHistory::Connection::live_copy() {
    std::optional<LiveCopy> copy;
    CELLMON_TRY(live_copy_.first([&](const Statement& row) {
        copy = LiveCopy{{row.integer(0), row.id(1), row.bits(2)}, row.integer(3)};
    }));
    return copy;
}

/// The greatest sequence of which every event at or before it was received before `from_us`, so
/// also happened before it: event times are never later than receive times. Times of receipt grow
/// with sequences, but for steps of the server's clock.
Result<std::int64_t> RelationalHistory::Connection::last_sequence_before(TimeUs from_us,
                                                                         std::int64_t through) {
    std::int64_t before = 0;
    std::int64_t behind = through + 1;
    while (behind - before > 1) {
        const std::int64_t middle = before + (behind - before) / 2;
        std::int64_t sequence = behind;
        TimeUs received_us = from_us;
        CELLMON_TRY(event_at_.first(
            [&](const Statement& row) {
                sequence = row.integer(0);
                received_us = row.integer(1);
            },
            middle));
        if (sequence < behind && received_us < from_us) {
            before = sequence;
        } else {
            behind = middle;
        }
    }
    return before;
}

/// Adds what came since the last call: rows are never changed in what is counted here, and a late
/// event has a new sequence. So a chart costs a look at the new rows, not at a week of them.
Result<void> RelationalHistory::Connection::count_through(const LiveCopy& copy, TimeUs from_us) {
    const bool anew = counted_from_us_ == 0 || from_us < counted_from_us_ ||
                      copy.origin != counted_origin_ || copy.sequence < counted_through_;
    if (anew) {
        counts_.clear();
        run_totals_.clear();
        counted_from_us_ = from_us;
        counted_origin_ = copy.origin;
        CELLMON_TRY_ASSIGN(counted_through_, last_sequence_before(from_us, copy.sequence));
    }
    CELLMON_TRY(execution_slots_.each(
        [&](const Statement& row) {
            const RunTotals::Sums sums{row.bits(3), row.bits(4), row.bits(5), row.integer(6)};
            counts_of(row.text(1)).add(row.integer(2), {sums.executions, sums.errors, 0});
            run_totals_.add(row.text(0), row.text(1), row.integer(2), sums);
        },
        counted_through_, copy.sequence, counted_from_us_));
    CELLMON_TRY(help_slots_.each(
        [&](const Statement& row) {
            counts_of(row.text(2)).add(row.integer(0), {0, 0, row.bits(1)});
        },
        counted_through_, copy.sequence, counted_from_us_));
    counted_through_ = copy.sequence;
    return {};
}

ActivityCounts& RelationalHistory::Connection::counts_of(std::string_view class_code) {
    const auto found = counts_.find(class_code);
    return found != counts_.end() ? found->second : counts_[std::string(class_code)];
}

Result<void> RelationalHistory::Connection::count(TimeRange range, TimeUs now) {
    CELLMON_TRY_ASSIGN(const auto copy, live_copy());
    if (!copy || !has_tables_) return {};
    CELLMON_TRY(count_through(*copy, ActivityCounts::start_of(range, now)));
    for (auto& [code, counts] : counts_)
        counts.forget_old(now);
    std::erase_if(counts_, [](const auto& one) { return one.second.empty(); });
    run_totals_.forget_before(ActivityCounts::start_of(TimeRange::week, now));
    return {};
}

Result<std::vector<ActivityWindow>> RelationalHistory::Connection::activity(
    TimeRange range, TimeUs now, const ClassCodes* classes) {
    CELLMON_TRY(count(range, now));
    std::vector<ActivityWindow> windows = ActivityCounts::empty_windows(range, now);
    for (const auto& [code, counts] : counts_) {
        if (classes == nullptr || classes->contains(code)) counts.add_to(windows, range, now);
    }
    return windows;
}

Result<StudentHistory> RelationalHistory::Connection::student(std::string_view email,
                                                              const Counts& counts) {
    StudentHistory history;
    if (!has_tables_) return history;
    const auto looked_through = [&](std::size_t wanted) {
        return static_cast<std::int64_t>(counts ? kLookedThrough : wanted);
    };
    CELLMON_TRY(executions_.each(
        [&](const Statement& row) {
            if (counts && !counts(email, row.text(10))) return true;
            Execution& execution = history.executions.emplace_back();
            execution.cell_row = row.optional_integer(0);
            execution.executed_us = row.integer(1);
            execution.failed = row.text(2) == "error";
            execution.duration_us = row.optional_integer(3);
            execution.output = text_of(row, 4);
            execution.error_message = text_of(row, 5);
            execution.code = text_of(row, 6);
            execution.cell_type = text_of(row, 7);
            execution.cell_index = row.optional_integer(8);
            execution.execution_count = row.optional_integer(9);
            return history.executions.size() < kRecentExecutions;
        },
        email, looked_through(kRecentExecutions)));
    CELLMON_TRY(sessions_.each(
        [&](const Statement& row) {
            if (counts && !counts(email, row.text(4))) return true;
            history.sessions.push_back(
                {row.integer(0), std::string(row.text(1)), row.integer(2), row.integer(3)});
            return history.sessions.size() < kRecentSessions;
        },
        email, looked_through(kRecentSessions)));
    return history;
}

Result<Totals> RelationalHistory::Connection::totals(TimeRange range, TimeUs now,
                                                     const Counts& counts) {
    CELLMON_TRY(count(range, now));
    return run_totals_.since(ActivityCounts::start_of(range, now), counts);
}

Result<std::uint64_t> RelationalHistory::Connection::sessions_since(TimeUs from_us,
                                                                    const Counts& counts) {
    std::uint64_t sessions = 0;
    if (!has_tables_) return sessions;
    if (!counts) {
        CELLMON_TRY(
            sessions_since_.first([&](const Statement& row) { sessions = row.bits(0); }, from_us));
        return sessions;
    }
    CELLMON_TRY(sessions_by_student_.each(
        [&](const Statement& row) {
            if (counts(row.text(0), row.text(1))) sessions += row.bits(2);
        },
        from_us));
    return sessions;
}

Result<bool> RelationalHistory::Connection::has_session(std::int64_t row) {
    if (!has_tables_) return false;
    return session_.first([](const Statement&) {}, row);
}

Result<std::vector<std::optional<std::int64_t>>> RelationalHistory::Connection::cell_rows(
    std::span<const StudentCell> cells) {
    std::vector<std::optional<std::int64_t>> rows;
    if (!has_tables_) return std::vector<std::optional<std::int64_t>>(cells.size());
    rows.reserve(cells.size());
    for (const StudentCell& cell : cells) {
        auto& found = rows.emplace_back();
        CELLMON_TRY(cell_row_.first([&](const Statement& row) { found = row.integer(0); },
                                    cell.email, cell.cell_id));
    }
    return rows;
}

namespace {

EnvironmentReport report_of(const Statement& row) {
    return {row.id(0),      std::string(row.text(1)), std::string(row.text(2)),
            row.integer(3), std::string(row.text(4)), text_of(row, 5),
            text_of(row, 6)};
}

}  // namespace

Result<std::vector<EnvironmentReport>> RelationalHistory::Connection::environments(
    std::string_view email, const Counts& counts) {
    std::vector<EnvironmentReport> reports;
    if (!has_tables_) return reports;
    CELLMON_TRY(environments_.each(
        [&](const Statement& row) {
            if (!counts || counts(email, row.text(2))) reports.push_back(report_of(row));
        },
        email, static_cast<std::int64_t>(kRecentEnvironments)));
    return reports;
}

Result<std::vector<EnvironmentReport>> RelationalHistory::Connection::newest_environments(
    const Counts& counts) {
    std::vector<EnvironmentReport> reports;
    if (!has_tables_) return reports;
    CELLMON_TRY(newest_environments_.each([&](const Statement& row) {
        if (!counts || counts(row.text(1), row.text(2))) reports.push_back(report_of(row));
    }));
    return reports;
}

RelationalHistory::RelationalHistory(std::unique_ptr<relational::Store> store)
    : store_(std::move(store)) {}
RelationalHistory::~RelationalHistory() = default;

template <typename Query>
auto RelationalHistory::ask(Query query) -> decltype(query(std::declval<Connection&>())) {
    const std::lock_guard lock(mutex_);
    const auto unavailable = [](const Error& error) {
        return fail(ErrorCode::unavailable,
                    "the relational store cannot be read: " + error.message);
    };
    if (!connection_) {
        auto opened = Connection::open(*store_);
        if (!opened) return unavailable(opened.error());
        connection_ = std::move(*opened);
    }
    auto answer = query(*connection_);
    if (!answer || !connection_->has_tables()) connection_.reset();
    if (!answer) return unavailable(answer.error());
    return answer;
}

Result<std::vector<ActivityWindow>> RelationalHistory::activity(TimeRange range, TimeUs now,
                                                                const ClassCodes* classes) {
    return ask([&](Connection& connection) { return connection.activity(range, now, classes); });
}

Result<StudentHistory> RelationalHistory::student(std::string_view email, const Counts& counts) {
    return ask([&](Connection& connection) { return connection.student(email, counts); });
}

Result<Totals> RelationalHistory::totals(TimeRange range, TimeUs now, const Counts& counts) {
    return ask([&](Connection& connection) { return connection.totals(range, now, counts); });
}

Result<std::uint64_t> RelationalHistory::sessions_since(TimeUs from_us, const Counts& counts) {
    return ask([&](Connection& connection) { return connection.sessions_since(from_us, counts); });
}

Result<bool> RelationalHistory::has_session(std::int64_t row) {
    return ask([&](Connection& connection) { return connection.has_session(row); });
}

Result<std::vector<EnvironmentReport>> RelationalHistory::environments(std::string_view email,
                                                                       const Counts& counts) {
    return ask([&](Connection& connection) { return connection.environments(email, counts); });
}

Result<std::vector<EnvironmentReport>> RelationalHistory::newest_environments(
    const Counts& counts) {
    return ask([&](Connection& connection) { return connection.newest_environments(counts); });
}

Result<std::vector<std::optional<std::int64_t>>> RelationalHistory::cell_rows(
    std::span<const StudentCell> cells) {
    return ask([&](Connection& connection) { return connection.cell_rows(cells); });
}

}  // namespace cellmon::store
