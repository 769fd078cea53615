#include "sinks/sqlite/database.hpp"

#include <sqlite3.h>

#include "base/assert.hpp"
#include "sinks/sqlite/early_sync.hpp"
#include "sinks/sqlite/words.hpp"
#include "sql/sqlite_error.hpp"
#include "sql/sqlite_file.hpp"

namespace cellmon::sqlite {
namespace {

/// To the projection a reference is as any other value that does not fit, and a lock is one more
/// thing to wait for.
Error last_error(sqlite3* database, std::string_view what) {
    Error error = sql::sqlite_error(database, what);
    if (error.code == ErrorCode::reference) {
        error.code = ErrorCode::invalid;
    } else if (error.code == ErrorCode::locked) {
        error.code = ErrorCode::unavailable;
    }
    return error;
}

class SqliteStatement final : public relational::Prepared {
  public:
    explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
    ~SqliteStatement() override { sqlite3_finalize(statement_); }
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

    void bind_null(int index) override {
        CELLMON_ASSERT(sqlite3_bind_null(statement_, index) == SQLITE_OK);
    }

    void bind_integer(int index, std::int64_t value) override {
        CELLMON_ASSERT(sqlite3_bind_int64(statement_, index, value) == SQLITE_OK);
    }

    void bind_text(int index, std::string_view value) override {
        // An empty view may have no address, which SQLite would take for NULL.
        const char* data = value.data() == nullptr ? "" : value.data();
        const int code =
            sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
        // What is too long for SQLite (1 GB) cannot come out of a journal entry.
        CELLMON_ASSERT(code == SQLITE_OK);
    }

    void bind_id(int index, const Id128& value) override {
        CELLMON_ASSERT(sqlite3_bind_blob64(statement_, index, value.bytes.data(),
                                           value.bytes.size(), SQLITE_STATIC) == SQLITE_OK);
    }

    Result<void> run() override {
        auto stepped = step();
        reset();
        if (!stepped) return fail(std::move(stepped).error());
        return {};
    }

    Result<bool> step() override {
        const int code = sqlite3_step(statement_);
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        return fail(last_error(sqlite3_db_handle(statement_), sqlite3_sql(statement_)));
    }

    void reset() override { sqlite3_reset(statement_); }

    [[nodiscard]] bool is_null(int column) const override {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }

    [[nodiscard]] std::int64_t integer(int column) const override {
        return sqlite3_column_int64(statement_, column);
    }

    [[nodiscard]] std::string_view text(int column) const override {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
        if (data == nullptr) return {};
        return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

    [[nodiscard]] int columns() const override { return sqlite3_column_count(statement_); }

  private:
    sqlite3_stmt* statement_;
};

class SqliteDatabase final : public relational::Database {
  public:
    explicit SqliteDatabase(sqlite3* handle) : handle_(handle) {}
    ~SqliteDatabase() override { CELLMON_ASSERT(sqlite3_close(handle_) == SQLITE_OK); }
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;

    [[nodiscard]] sql::Engine engine() const override { return sql::Engine::sqlite; }

    Result<void> execute(const std::string& sql) override {
        if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
            return fail(last_error(handle_, sql.substr(0, sql.find('\n'))));
        }
        return {};
    }

    Result<void> begin_write() override { return execute("BEGIN IMMEDIATE"); }
    Result<void> begin_read() override { return execute("BEGIN"); }
    Result<void> commit() override { return execute("COMMIT"); }

    void rollback() override {
        // SQLite rolls back by itself after some errors.
        if (sqlite3_get_autocommit(handle_) != 0) return;
        static_cast<void>(execute("ROLLBACK"));
    }

  private:
    Result<std::unique_ptr<relational::Prepared>> make(std::string_view sql,
                                                       bool /*many_rows*/) override {
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) return fail(last_error(handle_, sql));
        return std::make_unique<SqliteStatement>(statement);
    }

    sqlite3* handle_;
};

}  // namespace

Result<std::unique_ptr<relational::Database>> open_database(const std::string& path,
                                                            const ConnectionOptions& options) {
    sqlite3* handle = nullptr;
    const int flags =
        (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (!options.read_only) sql::make_private_sqlite_file(path);
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags,
                                     options.read_only ? nullptr : early_sync_vfs());
    auto database = std::make_unique<SqliteDatabase>(handle);
    if (code != SQLITE_OK) return fail(last_error(handle, "cannot open " + path));

    sqlite3_busy_timeout(handle, options.busy_timeout_ms);
    CELLMON_TRY(add_words(handle));
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
    CELLMON_TRY(database->execute(pragmas));
    return database;
}

}  // namespace cellmon::sqlite
