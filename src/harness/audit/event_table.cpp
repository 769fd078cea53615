#include "harness/audit/event_table.hpp"

#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

namespace cellmon::harness {
namespace {

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinishStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

constexpr const char* kRows =
    "SELECT e.sequence, e.event_id, e.event_type, e.event_time_us, e.content_hash, s.email, "
    "n.path, c.cell_id, x.sequence, x.status, x.execution_count, x.duration_us, x.error_name, "
    "x.executed_us, xs.email, xn.path, xc.cell_id "
    "FROM events e LEFT JOIN students s ON s.id = e.student_id LEFT JOIN notebooks n ON n.id = "
    "e.notebook_id LEFT JOIN cells c ON c.id = e.cell_id "
    "LEFT JOIN cell_executions x ON x.sequence = e.sequence "
    "LEFT JOIN students xs ON xs.id = x.student_id LEFT JOIN notebooks xn ON xn.id = "
    "x.notebook_id LEFT JOIN cells xc ON xc.id = x.cell_id "
    "WHERE e.sequence <= ?1 ORDER BY e.sequence";
constexpr int kFirstExecutionColumn = 8;

std::string text_column(sqlite3_stmt* statement, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return text == nullptr ? std::string() : std::string(text);
}

std::optional<std::int64_t> optional_column(sqlite3_stmt* statement, int column) {
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) return std::nullopt;
    return sqlite3_column_int64(statement, column);
}

/// Absent when no row of `cell_executions` was joined.
std::optional<StoredExecution> execution_columns(sqlite3_stmt* statement) {
    int column = kFirstExecutionColumn;
    if (!optional_column(statement, column++)) return std::nullopt;
    StoredExecution row;
    row.execution.status = text_column(statement, column++);
    row.execution_count = optional_column(statement, column++);
    row.execution.duration_us = optional_column(statement, column++);
    row.execution.error_name = text_column(statement, column++);
    row.executed_us = sqlite3_column_int64(statement, column++);
    row.email = text_column(statement, column++);
    row.notebook = text_column(statement, column++);
    row.cell = text_column(statement, column++);
    return row;
}

tl::unexpected<Error> sqlite_error(sqlite3* database, const std::string& path) {
    const int code = sqlite3_errcode(database);
    const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return fail(damaged ? ErrorCode::corrupt : ErrorCode::io,
                fmt::format("{}: {}", path, sqlite3_errmsg(database)));
}

Result<Database> open_read_only(const std::string& path) {
    if (!std::filesystem::exists(path))
        return fail(ErrorCode::not_found,
                    fmt::format("there is no {}; rows in PostgreSQL are not judged, but --server "
                                "judges what a running server exports",
                                path));
    sqlite3* opened = nullptr;
    const int result =
        sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(opened);
    if (result != SQLITE_OK) return sqlite_error(opened, path);
    sqlite3_busy_timeout(opened, 5'000);
    return database;
}

Result<Statement> prepare(sqlite3* database, const std::string& path, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK)
        return sqlite_error(database, path);
    return Statement(statement);
}

}  // namespace

Result<void> read_event_table(const std::string& path, std::uint64_t last_sequence,
                              const std::function<void(const StoredRow&)>& visit) {
    CELLMON_TRY_ASSIGN(const Database database, open_read_only(path));
    CELLMON_TRY_ASSIGN(const Statement statement, prepare(database.get(), path, kRows));
    sqlite3_bind_int64(statement.get(), 1, static_cast<sqlite3_int64>(last_sequence));
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
        StoredRow row;
        row.sequence = static_cast<std::uint64_t>(sqlite3_column_int64(statement.get(), 0));
        if (sqlite3_column_bytes(statement.get(), 1) != 16) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{}: the event id of sequence {} has not 16 bytes", path,
                                    row.sequence));
        }
        std::memcpy(row.id.bytes.data(), sqlite3_column_blob(statement.get(), 1), 16);
        row.type = text_column(statement.get(), 2);
        row.time_us = sqlite3_column_int64(statement.get(), 3);
        row.content_hash = static_cast<std::uint64_t>(sqlite3_column_int64(statement.get(), 4));
        row.email = text_column(statement.get(), 5);
        row.notebook = text_column(statement.get(), 6);
        row.cell = text_column(statement.get(), 7);
        row.has_executions = true;
        row.execution = execution_columns(statement.get());
        visit(row);
    }
    if (result != SQLITE_DONE) return sqlite_error(database.get(), path);
    return {};
}

Result<std::uint64_t> table_cursor(const std::string& path) {
    CELLMON_TRY_ASSIGN(const Database database, open_read_only(path));
    CELLMON_TRY_ASSIGN(
        const Statement statement,
        prepare(database.get(), path, "SELECT sequence FROM projection_state WHERE name = 'live'"));
    const int result = sqlite3_step(statement.get());
    if (result == SQLITE_DONE) return 0;
    if (result != SQLITE_ROW) return sqlite_error(database.get(), path);
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement.get(), 0));
}

}  // namespace cellmon::harness
