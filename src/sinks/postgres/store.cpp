#include "sinks/postgres/store.hpp"

#include <atomic>
#include <utility>

#include <fmt/format.h>

namespace cellmon::postgres {
namespace {

/// The lock lives and dies with its connection.
class SessionLock final : public relational::RebuildLock {
  public:
    explicit SessionLock(std::unique_ptr<relational::Database> database)
        : database_(std::move(database)) {}

  private:
    std::unique_ptr<relational::Database> database_;
};

class PostgresStore final : public relational::Store {
  public:
    explicit PostgresStore(ConnectionOptions options) : options_(std::move(options)) {
        options_.interrupted = interrupted_;
    }

    [[nodiscard]] std::string name() const override {
        return fmt::format("schema {} of PostgreSQL", options_.schema);
    }

    [[nodiscard]] std::string remedy() const override {
        return fmt::format(
            "give this server a database of its own with --postgres, or have the rows made anew "
            "from this journal: DROP SCHEMA {} CASCADE in the present one, and start again",
            options_.schema);
    }

    Result<bool> exists() override { return true; }

    Result<std::unique_ptr<relational::Database>> open() override {
        CELLMON_TRY_ASSIGN(auto database, open_database(options_));
        if (!options_.read_only) CELLMON_TRY(create_schema(*database));
        return database;
    }

    Result<std::unique_ptr<relational::RebuildLock>> lock_rebuild() override {
        CELLMON_TRY_ASSIGN(auto database, open_database(options_));
        CELLMON_TRY_ASSIGN(const auto taken,
                           database->integer(fmt::format(
                               "SELECT pg_try_advisory_lock(hashtextextended('{} is rebuilt', 0))",
                               options_.schema)));
        if (taken != 1) {
            return fail(ErrorCode::locked, "another rebuild of " + name() + " is at work");
        }
        return std::make_unique<SessionLock>(std::move(database));
    }

    void interrupt() override { *interrupted_ = true; }

  private:
    /// Asks first: who may use a schema that is there need not be allowed to make one.
    Result<void> create_schema(relational::Database& database) {
        const std::string there = fmt::format(
            "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = '{}'", options_.schema);
        CELLMON_TRY_ASSIGN(const auto before, database.integer(there));
        if (before == 1) return {};
        // IF NOT EXISTS alone lets two meet that come at once.
        return database.execute(
            fmt::format("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('{0} is made', 0)); "
                        "CREATE SCHEMA IF NOT EXISTS {0}; COMMIT",
                        options_.schema));
    }

    ConnectionOptions options_;
    const std::shared_ptr<std::atomic<bool>> interrupted_ =
        std::make_shared<std::atomic<bool>>(false);
};

}  // namespace

std::unique_ptr<relational::Store> make_store(ConnectionOptions options) {
    return std::make_unique<PostgresStore>(std::move(options));
}

}  // namespace cellmon::postgres
