#include "sinks/sqlite/database.hpp"

#include <cstring>

#include <sqlite3.h>

#include "base/assert.hpp"

namespace cellmon::sqlite {
namespace {

ErrorCode error_code_of(int extended) {
    switch (extended & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_NOMEM:
        case SQLITE_INTERRUPT:
            return ErrorCode::unavailable;
        case SQLITE_FULL:
            return ErrorCode::no_space;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_AUTH:
            return ErrorCode::permission;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::corrupt;
        case SQLITE_CONSTRAINT:
        case SQLITE_TOOBIG:
        case SQLITE_MISMATCH:
        case SQLITE_RANGE:
            return ErrorCode::invalid;
        default:
            return ErrorCode::io;
    }
}

Error last_error(sqlite3* database, std::string_view what) {
    const int code = sqlite3_extended_errcode(database);
    std::string message(what);
    message += ": ";
    message += sqlite3_errmsg(database);
    message += " (SQLite " + std::to_string(code) + ")";
    return {error_code_of(code), std::move(message)};
}

}  // namespace

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

Result<bool> Statement::step() {
    CELLMON_ASSERT(statement_ != nullptr);
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return fail(last_error(sqlite3_db_handle(statement_), sqlite3_sql(statement_)));
}

void Statement::reset() {
    sqlite3_reset(statement_);
}

void Statement::bind(int index, std::nullptr_t) {
    CELLMON_ASSERT(sqlite3_bind_null(statement_, index) == SQLITE_OK);
}

void Statement::bind(int index, std::int64_t value) {
    CELLMON_ASSERT(sqlite3_bind_int64(statement_, index, value) == SQLITE_OK);
}

void Statement::bind(int index, std::string_view value) {
    // An empty view may have no address, which SQLite would take for NULL.
    const char* data = value.data() == nullptr ? "" : value.data();
    const int code =
        sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
    // What is too long for SQLite (1 GB) cannot come out of a journal entry.
    CELLMON_ASSERT(code == SQLITE_OK);
}

void Statement::bind(int index, const Id128& value) {
    CELLMON_ASSERT(sqlite3_bind_blob64(statement_, index, value.bytes.data(), value.bytes.size(),
                                       SQLITE_STATIC) == SQLITE_OK);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::uint64_t Statement::bits(int column) const {
    return static_cast<std::uint64_t>(integer(column));
}

std::string_view Statement::text(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Id128 Statement::id(int column) const {
    Id128 id;
    const auto bytes = text(column);
    if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
    return id;
}

int Statement::columns() const {
    return sqlite3_column_count(statement_);
}

Result<Database> Database::open(const std::string& path, const ConnectionOptions& options) {
    sqlite3* handle = nullptr;
    const int flags =
        (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    Database database(handle);
    if (code != SQLITE_OK) return fail(last_error(handle, "cannot open " + path));

    sqlite3_busy_timeout(handle, options.busy_timeout_ms);
    constexpr std::int64_t kPageBytes = 4096;
    std::string pragmas = "PRAGMA cache_size=-" + std::to_string(options.cache_bytes / 1024) + ";";
    if (!options.read_only) {
        // A small page keeps the cost of the one random index (event ids) low.
        pragmas += "PRAGMA page_size=" + std::to_string(kPageBytes) + ";";
        pragmas += "PRAGMA journal_mode=WAL;";
        pragmas += "PRAGMA journal_size_limit=" + std::to_string(options.wal_limit_bytes) + ";";
        pragmas +=
            "PRAGMA wal_autocheckpoint=" + std::to_string(options.wal_limit_bytes / kPageBytes) +
            ";";
        pragmas += options.full_sync ? "PRAGMA synchronous=FULL;" : "PRAGMA synchronous=NORMAL;";
    }
    CELLMON_TRY(database.execute(pragmas));
    return database;
}

Database& Database::operator=(Database&& other) noexcept {
    std::swap(database_, other.database_);
    return *this;
}

Database::~Database() {
    if (database_ != nullptr) CELLMON_ASSERT(sqlite3_close(database_) == SQLITE_OK);
}

Result<void> Database::execute(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return fail(last_error(database_, sql.substr(0, sql.find('\n'))));
    }
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return fail(last_error(database_, sql));
    return Statement(statement);
}

Result<std::optional<std::int64_t>> Database::integer(std::string_view sql) {
    CELLMON_TRY_ASSIGN(auto statement, prepare(sql));
    std::optional<std::int64_t> value;
    CELLMON_TRY(statement.first([&](const Statement& row) { value = row.optional_integer(0); }));
    return value;
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(database_) == 0;
}

Result<Transaction> Transaction::begin(Database& database) {
    CELLMON_TRY(database.execute("BEGIN IMMEDIATE"));
    return Transaction(database);
}

Transaction::~Transaction() {
    if (database_ == nullptr || !database_->in_transaction()) return;
    // After a failed rollback the connection is of no use; its owner opens a new one.
    static_cast<void>(database_->execute("ROLLBACK"));
}

Result<void> Transaction::commit() {
    CELLMON_TRY(database_->execute("COMMIT"));
    database_ = nullptr;
    return {};
}

}  // namespace cellmon::sqlite
