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

    [[nodiscard]] std::string name() const override { return "PostgreSQL"; }

    [[nodiscard]] std::string remedy() const override {
        return fmt::format(
            "give this server a database of its own with --postgres, or have the rows made anew "
            "from this journal: DROP SCHEMA {} CASCADE in the present one, and start again",
            schema_);
    }

    /// Sums that are written once a transaction, and waits for the disk, are then few.
    [[nodiscard]] std::size_t batch_factor() const override { return 5; }

    Result<bool> exists() override {
        ConnectionOptions only_look = options_;
        only_look.read_only = true;
        CELLMON_TRY_ASSIGN(const auto database, open_database(only_look));
        CELLMON_TRY_ASSIGN(
            const auto tables,
            database->integer("SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = "
                              "current_schema() AND tablename = 'projection_state'"));
        return tables == 1;
    }

    Result<std::unique_ptr<relational::Database>> open() override {
        CELLMON_TRY_ASSIGN(auto database, open_database(options_));
        CELLMON_TRY_ASSIGN(auto select, database->prepare("SELECT quote_ident(current_schema())"));
        CELLMON_TRY(select.first([&](const relational::Statement& row) { schema_ = row.text(0); }));
        return database;
    }

    Result<std::unique_ptr<relational::RebuildLock>> lock_rebuild() override {
        ConnectionOptions beside = options_;
        beside.lead = {};
        CELLMON_TRY_ASSIGN(auto database, open_database(beside));
        CELLMON_TRY_ASSIGN(
            const auto taken,
            database->integer(
                "SELECT pg_try_advisory_lock(hashtextextended(current_schema() || ' is rebuilt', "
                "0))"));
        if (taken != 1) {
            return fail(ErrorCode::locked, "another rebuild of these rows is at work");
        }
        return std::make_unique<SessionLock>(std::move(database));
    }

    void interrupt() override { *interrupted_ = true; }

  private:
    ConnectionOptions options_;
    std::string schema_ = "relational";  ///< As the last connection had it.
    const std::shared_ptr<std::atomic<bool>> interrupted_ =
        std::make_shared<std::atomic<bool>>(false);
};

}  // namespace

std::unique_ptr<relational::Store> make_store(ConnectionOptions options) {
    return std::make_unique<PostgresStore>(std::move(options));
}

}  // namespace cellmon::postgres
