#include "sinks/sqlite/event_tables.hpp"

namespace cellmon::sqlite {
namespace {

// Sequences name rows everywhere, also those of sessions and streams (the event that first named
// them) and of help requests (the event that opened them): so a rebuild gives every row the
// identity it had. Times and durations are microseconds. `order_us` is the place of an event within
// its student (see stream_order.hpp). Long texts come last in a row, so that what is counted lies
// on the first page. docs/reference/relational-schema.md describes each table.
constexpr std::string_view kCreate = R"sql(
CREATE TABLE %events (
    sequence INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL,
    event_type TEXT,
    event_time_us INTEGER,
    received_us INTEGER NOT NULL,
    content_hash INTEGER NOT NULL,
    clock_bad INTEGER NOT NULL,
    student_id INTEGER,
    notebook_id INTEGER,
    cell_id INTEGER,
    session_id INTEGER,
    stream_id INTEGER,
    stream_number INTEGER,
    class_code TEXT
);
CREATE TABLE %event_ids (
    event_id BLOB PRIMARY KEY,
    sequence INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE %recent_event_ids (
    event_id BLOB PRIMARY KEY,
    sequence INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE %cell_executions (
    sequence INTEGER PRIMARY KEY,
    student_id INTEGER NOT NULL,
    cell_key INTEGER NOT NULL,
    order_us INTEGER NOT NULL,
    notebook_id INTEGER,
    cell_id INTEGER,
    session_id INTEGER,
    stream_id INTEGER,
    stream_number INTEGER,
    executed_us INTEGER NOT NULL,
    status TEXT NOT NULL,
    execution_count INTEGER,
    duration_us INTEGER,
    started_us INTEGER,
    finished_us INTEGER,
    cell_index INTEGER,
    cell_type TEXT,
    consecutive_error_count INTEGER NOT NULL,
    is_significant_error INTEGER NOT NULL,
    error_name TEXT,
    output_bytes INTEGER,
    output_sha256 TEXT,
    error_message TEXT,
    result TEXT,
    output TEXT,
    traceback TEXT,
    code_content TEXT
);
CREATE INDEX cell_executions_student_@ ON %cell_executions (student_id, order_us, cell_key);
CREATE TABLE %cell_states (
    student_id INTEGER NOT NULL,
    cell_key INTEGER NOT NULL,
    cell_id INTEGER,
    successes INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    consecutive_error_count INTEGER NOT NULL,
    last_order_us INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    stream_id INTEGER,
    stream_number INTEGER,
    stream_order_us INTEGER,
    PRIMARY KEY (student_id, cell_key)
) WITHOUT ROWID;
CREATE TABLE %notebook_accesses (
    sequence INTEGER PRIMARY KEY,
    student_id INTEGER NOT NULL,
    notebook_id INTEGER,
    session_id INTEGER,
    accessed_us INTEGER NOT NULL,
    action TEXT NOT NULL
);
CREATE INDEX notebook_accesses_student_@ ON %notebook_accesses (student_id, accessed_us);
CREATE TABLE %help_signals (
    sequence INTEGER PRIMARY KEY,
    student_id INTEGER NOT NULL,
    order_us INTEGER NOT NULL,
    asked_us INTEGER NOT NULL,
    is_on INTEGER NOT NULL,
    notebook_id INTEGER,
    stream_id INTEGER,
    stream_number INTEGER,
    note TEXT
);
CREATE INDEX help_signals_student_@ ON %help_signals (student_id, order_us);
CREATE TABLE %help_requests (
    opened_sequence INTEGER PRIMARY KEY,
    student_id INTEGER NOT NULL,
    opened_us INTEGER NOT NULL,
    last_seen_us INTEGER NOT NULL,
    closed_us INTEGER,
    closed_by TEXT,
    closed_sequence INTEGER,
    signals INTEGER NOT NULL,
    notebook_id INTEGER,
    note TEXT
);
CREATE INDEX help_requests_student_@ ON %help_requests (student_id, opened_us);
CREATE TABLE %student_signals (
    sequence INTEGER PRIMARY KEY,
    student_id INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    kind TEXT NOT NULL,
    notebook_id INTEGER,
    value TEXT NOT NULL
);
CREATE INDEX student_signals_student_@ ON %student_signals (student_id, kind, at_us);
CREATE TABLE %streams (
    first_sequence INTEGER PRIMARY KEY,
    student_id INTEGER NOT NULL,
    stream_id TEXT NOT NULL,
    predecessor TEXT,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    highest_number INTEGER NOT NULL,
    events INTEGER NOT NULL,
    UNIQUE (student_id, stream_id)
);
CREATE TABLE %sessions (
    first_sequence INTEGER PRIMARY KEY,
    student_id INTEGER NOT NULL,
    session_id TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    events INTEGER NOT NULL,
    UNIQUE (student_id, session_id)
);
CREATE TABLE %daily_totals (
    student_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    events INTEGER NOT NULL,
    executions INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    not_run INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    help_signals INTEGER NOT NULL,
    PRIMARY KEY (student_id, day)
) WITHOUT ROWID;
CREATE TABLE %quarantine (
    sequence INTEGER PRIMARY KEY,
    item_id BLOB NOT NULL,
    received_us INTEGER NOT NULL,
    content_hash INTEGER NOT NULL,
    payload TEXT NOT NULL
);
CREATE TABLE %dead_letters (
    sequence INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL,
    received_us INTEGER NOT NULL,
    content_hash INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload_crc32c INTEGER NOT NULL,
    payload TEXT NOT NULL
);
)sql";

void replace_all(std::string& text, char mark, std::string_view with) {
    for (std::size_t at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + with.size())) {
        text.replace(at, 1, with);
    }
}

}  // namespace

std::string TableSet::sql(std::string_view text) const {
    std::string result(text);
    replace_all(result, '%', prefix_);
    return result;
}

Result<void> create_event_tables(Database& database, const TableSet& tables,
                                 std::int64_t generation) {
    std::string sql = tables.sql(kCreate);
    replace_all(sql, '@', std::to_string(generation));
    return database.execute(sql);
}

Result<void> drop_event_tables(Database& database, const TableSet& tables) {
    for (const auto table : kEventTables) {
        CELLMON_TRY(database.execute(tables.sql("DROP TABLE IF EXISTS %" + std::string(table))));
    }
    return {};
}

Result<void> switch_shadow_to_live(Database& database) {
    CELLMON_TRY(drop_event_tables(database, TableSet::live()));
    for (const auto table : kEventTables) {
        const std::string name(table);
        CELLMON_TRY(database.execute("ALTER TABLE shadow_" + name + " RENAME TO " + name));
    }
    return {};
}

}  // namespace cellmon::sqlite
