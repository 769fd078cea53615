#include "sinks/relational/event_tables.hpp"

#include <array>

#include "sinks/relational/dialect.hpp"

namespace cellmon::relational {
namespace {

// Sequences name rows everywhere, also those of sessions and streams (the event that first named
// them) and of help requests (the event that opened them): so a rebuild gives every row the
// identity it had. Times and durations are microseconds, truth values 0 and 1. `order_us` is the
// place of an event within its student (see stream_order.hpp). Long texts come last in a row, so
// that what is counted lies on the first page. docs/reference/relational-schema.md describes each
// table.
constexpr std::string_view kCreate = R"sql(
CREATE TABLE %events (
    sequence {int} PRIMARY KEY,
    event_id {bytes} NOT NULL {unique},
    event_type {text},
    event_time_us {int},
    received_us {int} NOT NULL,
    content_hash {int} NOT NULL,
    clock_bad {int} NOT NULL,
    student_id {int},
    notebook_id {int},
    cell_id {int},
    session_id {int},
    stream_id {int},
    stream_number {int},
    class_code {text}
);
CREATE TABLE %cell_executions (
    sequence {int} PRIMARY KEY,
    student_id {int} NOT NULL,
    cell_key {int} NOT NULL,
    order_us {int} NOT NULL,
    notebook_id {int},
    cell_id {int},
    session_id {int},
    stream_id {int},
    stream_number {int},
    executed_us {int} NOT NULL,
    status {text} NOT NULL,
    execution_count {int},
    duration_us {int},
    started_us {int},
    finished_us {int},
    cell_index {int},
    cell_type {text},
    consecutive_error_count {int} NOT NULL,
    is_significant_error {int} NOT NULL,
    error_name {text},
    output_bytes {int},
    output_sha256 {text},
    error_message {text},
    result {text},
    output {text},
    traceback {text},
    code_content {text}
);
CREATE INDEX cell_executions_student_@ ON %cell_executions (student_id, order_us, cell_key);
CREATE TABLE %cell_states (
    student_id {int} NOT NULL,
    cell_key {int} NOT NULL,
    cell_id {int},
    successes {int} NOT NULL,
    errors {int} NOT NULL,
    consecutive_error_count {int} NOT NULL,
    last_order_us {int} NOT NULL,
    last_sequence {int} NOT NULL,
    stream_id {int},
    stream_number {int},
    stream_order_us {int},
    PRIMARY KEY (student_id, cell_key)
) {by key} {updated};
CREATE TABLE %notebook_accesses (
    sequence {int} PRIMARY KEY,
    student_id {int} NOT NULL,
    notebook_id {int},
    session_id {int},
    accessed_us {int} NOT NULL,
    action {text} NOT NULL
);
CREATE INDEX notebook_accesses_student_@ ON %notebook_accesses (student_id, accessed_us);
CREATE TABLE %help_signals (
    sequence {int} PRIMARY KEY,
    student_id {int} NOT NULL,
    order_us {int} NOT NULL,
    asked_us {int} NOT NULL,
    is_on {int} NOT NULL,
    notebook_id {int},
    stream_id {int},
    stream_number {int},
    note {text}
);
CREATE INDEX help_signals_student_@ ON %help_signals (student_id, order_us);
CREATE TABLE %help_requests (
    opened_sequence {int} PRIMARY KEY,
    student_id {int} NOT NULL,
    opened_us {int} NOT NULL,
    last_seen_us {int} NOT NULL,
    closed_us {int},
    closed_by {text},
    closed_sequence {int},
    signals {int} NOT NULL,
    notebook_id {int},
    note {text}
);
CREATE INDEX help_requests_student_@ ON %help_requests (student_id, opened_us);
CREATE TABLE %student_signals (
    sequence {int} PRIMARY KEY,
    student_id {int} NOT NULL,
    at_us {int} NOT NULL,
    kind {text} NOT NULL,
    notebook_id {int},
    value {text} NOT NULL
);
CREATE INDEX student_signals_student_@ ON %student_signals (student_id, kind, at_us);
CREATE TABLE %streams (
    first_sequence {int} PRIMARY KEY,
    student_id {int} NOT NULL,
    stream_id {text} NOT NULL,
    predecessor {text},
    first_us {int} NOT NULL,
    last_us {int} NOT NULL,
    highest_number {int} NOT NULL,
    events {int} NOT NULL,
    UNIQUE (student_id, stream_id)
) {updated};
CREATE TABLE %sessions (
    first_sequence {int} PRIMARY KEY,
    student_id {int} NOT NULL,
    session_id {text} NOT NULL,
    start_us {int} NOT NULL,
    last_us {int} NOT NULL,
    events {int} NOT NULL,
    UNIQUE (student_id, session_id)
) {updated};
CREATE TABLE %daily_totals (
    student_id {int} NOT NULL,
    day {int} NOT NULL,
    events {int} NOT NULL,
    executions {int} NOT NULL,
    errors {int} NOT NULL,
    not_run {int} NOT NULL,
    duration_us {int} NOT NULL,
    help_signals {int} NOT NULL,
    PRIMARY KEY (student_id, day)
) {by key} {updated};
CREATE TABLE %quarantine (
    sequence {int} PRIMARY KEY,
    item_id {bytes} NOT NULL,
    received_us {int} NOT NULL,
    content_hash {int} NOT NULL,
    payload {raw} NOT NULL
);
CREATE TABLE %dead_letters (
    sequence {int} PRIMARY KEY,
    event_id {bytes} NOT NULL,
    received_us {int} NOT NULL,
    content_hash {int} NOT NULL,
    reason {text} NOT NULL,
    payload_crc32c {int} NOT NULL,
    payload {raw} NOT NULL
);
)sql";

// SQLite's index of event ids, in two parts (event_ids.hpp).
constexpr std::string_view kCreateIds = R"sql(
CREATE TABLE %event_ids (
    event_id {bytes} PRIMARY KEY,
    sequence {int} NOT NULL
) {by key};
CREATE TABLE %recent_event_ids (
    event_id {bytes} PRIMARY KEY,
    sequence {int} NOT NULL
) {by key};
)sql";

constexpr std::array<std::string_view, 14> kTables{
    "event_ids",         "recent_event_ids", "events",        "cell_executions", "cell_states",
    "notebook_accesses", "help_signals",     "help_requests", "student_signals", "streams",
    "sessions",          "daily_totals",     "quarantine",    "dead_letters"};
constexpr std::size_t kIdTables = 2;

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

std::span<const std::string_view> event_tables(sql::Engine engine) {
    const std::span<const std::string_view> all(kTables);
    return engine == sql::Engine::sqlite ? all : all.subspan(kIdTables);
}

Result<void> create_event_tables(Database& database, const TableSet& tables,
                                 std::int64_t generation) {
    const sql::Engine engine = database.engine();
    std::string sql = in_dialect(engine, tables.sql(kCreate));
    if (engine == sql::Engine::sqlite) sql += in_dialect(engine, tables.sql(kCreateIds));
    replace_all(sql, '@', std::to_string(generation));
    return database.execute(sql);
}

Result<void> drop_event_tables(Database& database, const TableSet& tables) {
    for (const auto table : event_tables(database.engine())) {
        CELLMON_TRY(database.execute(tables.sql("DROP TABLE IF EXISTS %" + std::string(table))));
    }
    return {};
}

Result<void> switch_shadow_to_live(Database& database) {
    CELLMON_TRY(drop_event_tables(database, TableSet::live()));
    for (const auto table : event_tables(database.engine())) {
        const std::string name(table);
        CELLMON_TRY(database.execute("ALTER TABLE shadow_" + name + " RENAME TO " + name));
    }
    return {};
}

}  // namespace cellmon::relational
