#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"
#include "sql/migrations.hpp"

namespace cellmon::sql {

/// Named limits; each has a line in docs/reference/configuration.md.
struct DatabaseOptions {
    std::string sqlite_path;   ///< Used while `postgres_url` is empty.
    std::string postgres_url;  ///< Holds a password: for no message and no log.
    unsigned connections = 4;  ///< At most; each is opened when it is needed.

    /// For the write lock of SQLite, for a free connection, and for each answer of PostgreSQL.
    std::chrono::milliseconds timeout{3'000};

    /// Told of what no client can be told: errors of the disk, the file, the statements.
    std::function<void(const Error&)> on_fault;

    unsigned attempts = 8;  ///< Of a transaction that another one got in the way of.
};

/// The classroom's rows: bounded connections to one database, and transactions on them that are run
/// again when another one got in their way. Any thread; every call blocks on a disk or a network,
/// so none is for I/O threads.
///
/// The database may be away and come back: a call meanwhile is ErrorCode::unavailable, and for a
/// second behind a failed attempt to connect no other is made. The schema is brought up to date by
/// the first connection, and by the first behind one that broke.
///
///     auto id = database.write([&](sql::Connection& connection) -> Result<std::int64_t> {
///         CELLMON_TRY_ASSIGN(const auto rows, connection.run("INSERT … RETURNING id", name));
///         return rows.front().integer(0);
///     });
///
/// `work` may be called several times and must change nothing outside the database before it
/// returns for good. It returns a Result; an error rolls back.
class Database {
  public:
    /// `migrations` and `clock` must outlive it. Opens nothing yet.
    Database(DatabaseOptions options, std::span<const Migration> migrations, const Clock& clock);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    [[nodiscard]] Engine engine() const;

    /// Connects and brings the schema up to date. Errors besides those of a Connection:
    /// newer_format.
    Result<void> prepare();

    /// Ends every wait for PostgreSQL soon, with ErrorCode::cancelled; later calls are refused. For
    /// a stop that a database which says nothing must not delay.
    void interrupt();

    /// Why the last attempt to use the database failed; nullopt when it succeeded. Asks nobody.
    [[nodiscard]] std::optional<Error> trouble() const;

    template <typename Work>
    std::invoke_result_t<Work&, Connection&> read(Work&& work) {
        return transact(Access::read, work);
    }
    template <typename Work>
    std::invoke_result_t<Work&, Connection&> write(Work&& work) {
        return transact(Access::write, work);
    }

  private:
    /// A connection on loan; given back, or thrown away when it is of no use any more.
    class Lease {
      public:
        Lease(Database& database, std::unique_ptr<Connection> connection)
            : database_(&database), connection_(std::move(connection)) {}
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (connection_) database_->give_back(std::move(connection_));
        }
        [[nodiscard]] Connection& connection() { return *connection_; }

      private:
        Database* database_;
        std::unique_ptr<Connection> connection_;
    };

    /// What one attempt came to, besides its result.
    enum class Outcome : std::uint8_t {
        final,       ///< Nothing is gained by another attempt, or it must not be made.
        in_the_way,  ///< Another transaction was.
        lost,        ///< The connection broke before the commit was asked for.
    };

    template <typename Work>
    std::invoke_result_t<Work&, Connection&> transact(Access access, Work& work) {
        unsigned lost = 0;
        for (unsigned attempt = 1;; ++attempt) {
            auto lease = take();
            if (!lease) return fail(std::move(lease).error());
            Outcome outcome = Outcome::final;
            auto result = attempt_on(lease->connection(), access, work, outcome);
            if (outcome == Outcome::final) {
                if (!result) note_fault(result.error());
                return result;
            }
            if (outcome == Outcome::lost) {
                // All connections in the pool may have died together with the server they led to.
                if (++lost > options_.connections) return result;
                continue;
            }
            if (attempt >= options_.attempts) {
                return fail(ErrorCode::unavailable, result.error().message);
            }
            pause(attempt);
        }
    }

    template <typename Work>
    static std::invoke_result_t<Work&, Connection&> attempt_on(Connection& connection,
                                                               Access access, Work& work,
                                                               Outcome& outcome) {
        const auto judge = [&](const Error& error) {
            if (error.code == ErrorCode::locked) outcome = Outcome::in_the_way;
            if (error.code == ErrorCode::unavailable && !connection.usable()) {
                outcome = Outcome::lost;
            }
        };
        if (auto begun = connection.begin(access); !begun) {
            judge(begun.error());
            return fail(std::move(begun).error());
        }
        auto result = work(connection);
        if (!result) {
            judge(result.error());
            connection.rollback();
            return result;
        }
        if (auto committed = connection.commit(); !committed) {
            // Without an answer nobody knows whether it was committed: not to be done twice.
            if (committed.error().code == ErrorCode::locked) outcome = Outcome::in_the_way;
            connection.rollback();
            return fail(std::move(committed).error());
        }
        return result;
    }

    Result<Lease> take();
    Result<std::unique_ptr<Connection>> open();
    void give_back(std::unique_ptr<Connection> connection);
    void note_trouble(Error error);
    void note_fault(const Error& error) const;
    static void pause(unsigned attempt);

    const DatabaseOptions options_;
    const std::span<const Migration> migrations_;
    const Clock& clock_;
    const std::shared_ptr<std::atomic<bool>> interrupted_ =
        std::make_shared<std::atomic<bool>>(false);

    mutable std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Connection>> idle_;
    unsigned open_ = 0;  ///< Idle, on loan or being opened.
    bool migrated_ = false;
    std::int64_t closed_until_us_ = 0;  ///< By the steady clock; no attempt to connect before.
    std::optional<Error> trouble_;
};

}  // namespace cellmon::sql
