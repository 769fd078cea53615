// SQLite as a Connection.
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "base/assert.hpp"
#include "sql/connection.hpp"
#include "sql/sqlite_error.hpp"
#include "sql/sqlite_file.hpp"

namespace cellmon::sql {
namespace {

void bind(sqlite3_stmt* statement, int index, const Value& value) {
    struct Binder {
        sqlite3_stmt* statement;
        int index;
        int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, index); }
        int operator()(bool value) const {
            return sqlite3_bind_int64(statement, index, value ? 1 : 0);
        }
        int operator()(std::int64_t value) const {
            return sqlite3_bind_int64(statement, index, value);
        }
        int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
        int operator()(const std::string& value) const {
            return sqlite3_bind_text64(statement, index, value.data(), value.size(), SQLITE_STATIC,
                                       SQLITE_UTF8);
        }
        int operator()(const Bytes& value) const {
            return sqlite3_bind_blob64(statement, index, value.data.data(), value.data.size(),
                                       SQLITE_STATIC);
        }
    };
    CELLMON_ASSERT(std::visit(Binder{statement, index}, value.data()) == SQLITE_OK);
}

Value column_of(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_NULL:
            return nullptr;
        case SQLITE_INTEGER:
            return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
        case SQLITE_FLOAT:
            return sqlite3_column_double(statement, column);
        default: {
            const auto* start = static_cast<const char*>(sqlite3_column_blob(statement, column));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
            std::string content = start == nullptr ? std::string() : std::string(start, size);
            if (sqlite3_column_type(statement, column) != SQLITE_BLOB) return content;
            return Bytes{std::move(content)};
        }
    }
}

/// A statement, and the index that SQLite gave to each of `$1`, `$2`, …: to it they are names, and
/// its own numbers go by the first appearance. To ask it for each would take as long as the rest.
struct Prepared {
    sqlite3_stmt* statement = nullptr;
    std::vector<int> indexes;
};

std::vector<int> indexes_of(sqlite3_stmt* statement) {
    const int count = sqlite3_bind_parameter_count(statement);
    std::vector<int> indexes(static_cast<std::size_t>(count));
    for (int index = 1; index <= count; ++index) {
        const std::string_view name = sqlite3_bind_parameter_name(statement, index);
        std::size_t number = 0;
        std::from_chars(name.data() + 1, name.data() + name.size(), number);
        CELLMON_ASSERT(name.front() == '$' && number >= 1 && number <= indexes.size());
        indexes[number - 1] = index;
    }
    return indexes;
}

class SqliteConnection final : public Connection {
  public:
    explicit SqliteConnection(sqlite3* database) : database_(database) {}
    ~SqliteConnection() override {
        for (auto& [text, prepared] : statements_)
            sqlite3_finalize(prepared.statement);
        CELLMON_ASSERT(sqlite3_close(database_) == SQLITE_OK);
    }
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;

    [[nodiscard]] Engine engine() const override { return Engine::sqlite; }

    Result<Rows> execute(std::string_view text, std::span<const Value> parameters) override {
        CELLMON_TRY_ASSIGN(const Prepared* const prepared, prepare(text));
        bind_all(*prepared, parameters);
        sqlite3_stmt* const statement = prepared->statement;
        Rows result;
        int code = SQLITE_ROW;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            std::vector<Value> columns;
            const int count = sqlite3_column_count(statement);
            columns.reserve(static_cast<std::size_t>(count));
            for (int column = 0; column < count; ++column)
                columns.push_back(column_of(statement, column));
            result.rows.emplace_back(std::move(columns));
        }
        if (code != SQLITE_DONE) {
            Error error = sqlite_error(database_, text);
            sqlite3_reset(statement);
            // A file that cannot be read may be another one by the next attempt.
            usable_ = usable_ && error.code != ErrorCode::io && error.code != ErrorCode::corrupt;
            return fail(std::move(error));
        }
        result.changed = sqlite3_stmt_readonly(statement) != 0 ? 0 : sqlite3_changes64(database_);
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        return result;
    }

    Result<void> script(const std::string& statements) override {
        if (sqlite3_exec(database_, statements.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
            return fail(sqlite_error(database_, statements.substr(0, statements.find('\n'))));
        }
        return {};
    }

    Result<void> begin(Access access) override {
        // A writer takes the lock at once: nothing read inside can have changed by its write.
        return script(access == Access::read ? "BEGIN" : "BEGIN IMMEDIATE");
    }

    Result<void> commit() override { return script("COMMIT"); }

    void rollback() override {
        if (sqlite3_get_autocommit(database_) != 0) return;
        if (!script("ROLLBACK")) usable_ = false;
    }

    [[nodiscard]] bool usable() const override { return usable_; }

  private:
    Result<const Prepared*> prepare(std::string_view text) {
        if (const auto found = statements_.find(text); found != statements_.end()) {
            return &found->second;
        }
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v3(database_, text.data(), static_cast<int>(text.size()),
                                            SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) return fail(sqlite_error(database_, text));
        CELLMON_ASSERT(statement != nullptr);
        return &statements_.emplace(text, Prepared{statement, indexes_of(statement)}).first->second;
    }

    static void bind_all(const Prepared& prepared, std::span<const Value> parameters) {
        CELLMON_ASSERT(prepared.indexes.size() == parameters.size());
        for (std::size_t i = 0; i < parameters.size(); ++i)
            bind(prepared.statement, prepared.indexes[i], parameters[i]);
    }

    sqlite3* database_;
    bool usable_ = true;

    /// As many as the program has texts: none is made from values.
    std::map<std::string, Prepared, std::less<>> statements_;
};

}  // namespace

Result<std::unique_ptr<Connection>> open_sqlite(const std::string& path,
                                                std::chrono::milliseconds busy_timeout) {
    make_private_sqlite_file(path);
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(
        path.c_str(), &handle,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        nullptr);
    CELLMON_ASSERT(handle != nullptr);
    auto connection = std::make_unique<SqliteConnection>(handle);
    if (code != SQLITE_OK) return fail(sqlite_error(handle, "cannot open " + path));
    sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
    CELLMON_TRY(connection->script(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA trusted_schema=OFF; PRAGMA journal_size_limit=4194304;"));
    return connection;
}

}  // namespace cellmon::sql
