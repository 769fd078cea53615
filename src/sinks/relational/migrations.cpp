#include "sinks/relational/migrations.hpp"

#include <array>
#include <string>
#include <string_view>

#include "sinks/relational/dialect.hpp"

namespace cellmon::relational {
namespace {

// Never change a migration that was released; add one.
constexpr std::array<std::string_view, 1> kMigrations{
    // 1: registry and cursor. Registry rows are never deleted; `name_*` and `team_*` say which
    // event a student's name
    // and team come from, the latest that names one, so that they are the same in whatever order
    // events are applied.
    R"sql(
CREATE TABLE teams (
    id {id},
    team_name {text} NOT NULL UNIQUE,
    description {text},
    created_us {int} NOT NULL
);
CREATE TABLE students (
    id {id},
    email {text} NOT NULL UNIQUE,
    name {text},
    team_id {int} REFERENCES teams (id),
    name_us {int},
    name_sequence {int},
    team_us {int},
    team_sequence {int},
    created_us {int} NOT NULL
);
CREATE INDEX students_team ON students (team_id);
CREATE TABLE notebooks (
    id {id},
    path {text} NOT NULL,
    name {text} NOT NULL,
    created_us {int} NOT NULL,
    {unique path}
);
CREATE TABLE cells (
    id {id},
    notebook_id {int} NOT NULL REFERENCES notebooks (id),
    cell_id {text} NOT NULL,
    cell_type {text} NOT NULL,
    position {int},
    created_us {int} NOT NULL,
    UNIQUE (notebook_id, cell_id)
);
CREATE TABLE projection_state (
    name {text} PRIMARY KEY,
    version {int} NOT NULL,
    parameters {text} NOT NULL,
    generation {int} NOT NULL,
    journal_id {bytes} NOT NULL,
    epoch {int} NOT NULL,
    sequence {int} NOT NULL,
    chain {int} NOT NULL
) {by key};
)sql"};

}  // namespace

std::int64_t newest_migration() {
    return static_cast<std::int64_t>(kMigrations.size());
}

Result<void> migrate(Database& database) {
    CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(database));
    const sql::Engine engine = database.engine();
    CELLMON_TRY(database.execute(
        in_dialect(engine,
                   "CREATE TABLE IF NOT EXISTS schema_migrations (version {int} PRIMARY KEY, "
                   "applied_us {int} NOT NULL)")));
    CELLMON_TRY_ASSIGN(const auto stored,
                       database.integer("SELECT max(version) FROM schema_migrations"));
    const std::int64_t from = stored.value_or(0);
    if (from > newest_migration()) {
        return fail(ErrorCode::newer_format,
                    "the relational store has schema version " + std::to_string(from) +
                        ", this program knows " + std::to_string(newest_migration()) +
                        "; run the newer program, or remove the store to have it made anew");
    }
    for (std::int64_t version = from + 1; version <= newest_migration(); ++version) {
        CELLMON_TRY(database.execute(
            in_dialect(engine, kMigrations.at(static_cast<std::size_t>(version - 1)))));
        CELLMON_TRY(
            database.execute(in_dialect(engine, "INSERT INTO schema_migrations VALUES (" +
                                                    std::to_string(version) + ", {now us})")));
    }
    return transaction.commit();
}

}  // namespace cellmon::relational
