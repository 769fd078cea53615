#include "sinks/sqlite/migrations.hpp"

#include <array>
#include <string>
#include <string_view>

namespace cellmon::sqlite {
namespace {

// Never change a migration that was released; add one.
constexpr std::array<std::string_view, 1> kMigrations{
    // 1: registry and cursor. Registry rows are never deleted; `name_*` and `team_*` say which
    // event a student's name
    // and team come from, the latest that names one, so that they are the same in whatever order
    // events are applied.
    R"sql(
CREATE TABLE teams (
    id INTEGER PRIMARY KEY,
    team_name TEXT NOT NULL UNIQUE,
    description TEXT,
    created_us INTEGER NOT NULL
);
CREATE TABLE students (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT,
    team_id INTEGER REFERENCES teams (id),
    name_us INTEGER,
    name_sequence INTEGER,
    team_us INTEGER,
    team_sequence INTEGER,
    created_us INTEGER NOT NULL
);
CREATE INDEX students_team ON students (team_id);
CREATE TABLE notebooks (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_us INTEGER NOT NULL
);
CREATE TABLE cells (
    id INTEGER PRIMARY KEY,
    notebook_id INTEGER NOT NULL REFERENCES notebooks (id),
    cell_id TEXT NOT NULL,
    cell_type TEXT NOT NULL,
    position INTEGER,
    created_us INTEGER NOT NULL,
    UNIQUE (notebook_id, cell_id)
);
CREATE TABLE projection_state (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    parameters TEXT NOT NULL,
    generation INTEGER NOT NULL,
    journal_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    chain INTEGER NOT NULL
) WITHOUT ROWID;
)sql"};

}  // namespace

std::int64_t newest_migration() {
    return static_cast<std::int64_t>(kMigrations.size());
}

Result<void> migrate(Database& database) {
    CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(database));
    CELLMON_TRY(
        database.execute("CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY "
                         "KEY, applied_us INTEGER NOT NULL)"));
    CELLMON_TRY_ASSIGN(const auto stored,
                       database.integer("SELECT max(version) FROM schema_migrations"));
    const std::int64_t from = stored.value_or(0);
    if (from > newest_migration()) {
        return fail(ErrorCode::newer_format,
                    "the relational store has schema version " + std::to_string(from) +
                        ", this program knows " + std::to_string(newest_migration()) +
                        "; run the newer program, or remove the file to rebuild it");
    }
    for (std::int64_t version = from + 1; version <= newest_migration(); ++version) {
        CELLMON_TRY(
            database.execute(std::string(kMigrations.at(static_cast<std::size_t>(version - 1)))));
        CELLMON_TRY(
            database.execute("INSERT INTO schema_migrations VALUES (" + std::to_string(version) +
                             ", CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER))"));
    }
    return transaction.commit();
}

}  // namespace cellmon::sqlite
