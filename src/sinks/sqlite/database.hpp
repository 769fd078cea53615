#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/id128.hpp"
#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace cellmon::sqlite {

/// A prepared statement. Prepared once, run many times; SQLite prepares it again by itself when the
/// schema changes. Same thread as its Database, and destroyed before it.
///
/// Parameters are bound in order. Integers of 64 bits without sign are stored by their bits. Text
/// and blobs are not copied: they must live until the call returns.
class Statement {
  public:
    Statement() = default;
    Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Statement& operator=(Statement&& other) noexcept;
    ~Statement();

    /// Runs to the end; rows are dropped.
    template <typename... Parameters>
    Result<void> run(const Parameters&... parameters) {
        bind_all(parameters...);
        auto stepped = step();
        reset();
        if (!stepped) return fail(std::move(stepped).error());
        return {};
    }

    /// Hands the first row to `on_row`; false when there is none.
    template <typename OnRow, typename... Parameters>
    Result<bool> first(OnRow&& on_row, const Parameters&... parameters) {
        bind_all(parameters...);
        auto stepped = step();
        if (stepped && *stepped) on_row(std::as_const(*this));
        reset();
        return stepped;
    }

    /// Hands every row to `on_row`, until that returns false, if it returns anything.
    template <typename OnRow, typename... Parameters>
    Result<void> each(OnRow&& on_row, const Parameters&... parameters) {
        bind_all(parameters...);
        while (true) {
            auto stepped = step();
            if (!stepped || !*stepped) {
                reset();
                if (!stepped) return fail(std::move(stepped).error());
                return {};
            }
            if constexpr (std::is_same_v<std::invoke_result_t<OnRow&, const Statement&>, bool>) {
                if (!on_row(std::as_const(*this))) {
                    reset();
                    return {};
                }
            } else {
                on_row(std::as_const(*this));
            }
        }
    }

    // Columns of the row at hand, from 0; views are valid within the callback.
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
    [[nodiscard]] std::uint64_t bits(int column) const;
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] Id128 id(int column) const;
    [[nodiscard]] int columns() const;

  private:
    friend class Database;
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    Result<bool> step();
    void reset();

    void bind(int index, std::nullptr_t);
    void bind(int index, std::int64_t value);
    void bind(int index, std::string_view value);
    void bind(int index, const Id128& value);

    template <typename Value>
    void bind_value(int index, const Value& value) {
        if constexpr (std::is_null_pointer_v<Value>) {
            bind(index, nullptr);
        } else if constexpr (std::is_integral_v<Value>) {
            bind(index, static_cast<std::int64_t>(value));
        } else if constexpr (std::is_convertible_v<Value, std::string_view>) {
            bind(index, std::string_view(value));
        } else {
            bind(index, value);
        }
    }
    template <typename Value>
    void bind_value(int index, const std::optional<Value>& value) {
        if (value) {
            bind_value(index, *value);
        } else {
            bind(index, nullptr);
        }
    }
    template <typename... Parameters>
    void bind_all(const Parameters&... parameters) {
        [[maybe_unused]] int index = 0;
        (bind_value(++index, parameters), ...);
    }

    sqlite3_stmt* statement_ = nullptr;
};

/// How a connection behaves. Named limits; each has a line in docs/reference/configuration.md.
struct ConnectionOptions {
    bool read_only = false;
    bool full_sync = false;       ///< `synchronous=FULL`: API and registry writes; else NORMAL.
    int busy_timeout_ms = 2'000;  ///< How long to wait for another connection's write lock.
    std::int64_t cache_bytes = 32LL << 20;  ///< Page cache of the connection.
    std::int64_t wal_limit_bytes =
        64LL << 20;  ///< The write-ahead log is checkpointed and cut at this size.
};

/// One connection to a database file in WAL mode. One thread at a time.
///
/// Errors of SQLite become ErrorCode::unavailable (busy, locked), no_space, io, permission,
/// corrupt, and invalid for what is wrong with the data of the statement itself (a constraint, a
/// value too large).
class Database {
  public:
    static Result<Database> open(const std::string& path, const ConnectionOptions& options);

    Database(Database&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Database& operator=(Database&& other) noexcept;
    ~Database();

    /// Runs one or several statements without parameters.
    Result<void> execute(const std::string& sql);

    Result<Statement> prepare(std::string_view sql);

    /// The first column of the first row as an integer; nullopt when there is no row or it is null.
    Result<std::optional<std::int64_t>> integer(std::string_view sql);

    /// Whether a transaction is open (SQLite rolls back by itself after some errors).
    [[nodiscard]] bool in_transaction() const;

  private:
    explicit Database(sqlite3* database) : database_(database) {}
    sqlite3* database_ = nullptr;
};

/// A write transaction; rolled back when destroyed without commit().
class Transaction {
  public:
    /// Takes the write lock at once, so that nothing read inside can have changed by the time of a
    /// write.
    static Result<Transaction> begin(Database& database);

    Transaction(Transaction&& other) noexcept
        : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    Result<void> commit();

  private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

}  // namespace cellmon::sqlite
