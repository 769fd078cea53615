#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sql/value.hpp"

namespace cellmon::sql {

enum class Engine : std::uint8_t { sqlite, postgres };

/// What a transaction is for.
enum class Access : std::uint8_t {
    read,    ///< One picture of all rows; writes are refused.
    write,   ///< As if it ran alone: what it read cannot have changed when it commits.
    schema,  ///< Alone among all that change the schema, other processes included.
};

/// One connection to the database. One thread at a time.
///
/// Statements are the same text on both engines: parameters are `$1`, `$2`, …, dates are BIGINT
/// (microseconds), RETURNING and ON CONFLICT work on both.
///
/// Errors: already_exists (a unique constraint), reference (a foreign key), invalid (another
/// constraint or a value that does not fit), locked (busy, deadlock or serialisation: the same
/// transaction may succeed when it is run again), unavailable (the connection is lost or no answer
/// came in time), no_space, permission, corrupt, io. No message holds a value of a row, nor a
/// password.
class Connection {
  public:
    virtual ~Connection() = default;

    [[nodiscard]] virtual Engine engine() const = 0;

    /// Runs one statement; its rows are all read.
    virtual Result<Rows> execute(std::string_view statement, std::span<const Value> parameters) = 0;

    template <typename... Parameters>
    Result<Rows> run(std::string_view statement, const Parameters&... parameters) {
        const std::array<Value, sizeof...(Parameters)> values{Value(parameters)...};
        return execute(statement, values);
    }

    /// Runs several statements without parameters.
    virtual Result<void> script(const std::string& statements) = 0;

    virtual Result<void> begin(Access access) = 0;

    /// An error of `unavailable` leaves open whether it was committed.
    virtual Result<void> commit() = 0;

    /// Does nothing when no transaction is open.
    virtual void rollback() = 0;

    /// False when it can only be thrown away.
    [[nodiscard]] virtual bool usable() const = 0;
};

/// Opens the file, or makes it: WAL, `synchronous=FULL`, foreign keys on. What is committed is
/// synced. `busy_timeout`: how long to wait for the write lock of another connection.
Result<std::unique_ptr<Connection>> open_sqlite(const std::string& path,
                                                std::chrono::milliseconds busy_timeout);

/// Connects to `url` (postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or `key=value` words).
/// `timeout` bounds the connecting and the answer to each statement; behind it the connection is
/// of no use any more. `interrupted`, when it is set, ends each of these waits soon.
Result<std::unique_ptr<Connection>> connect_postgres(
    const std::string& url, std::chrono::milliseconds timeout,
    std::shared_ptr<const std::atomic<bool>> interrupted = nullptr);

/// Whether connect_postgres could read it. The message does not hold the URL.
Result<void> check_postgres_url(const std::string& url);

}  // namespace cellmon::sql
