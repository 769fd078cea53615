#include "sinks/relational/projection_state.hpp"

#include "sinks/relational/dialect.hpp"

namespace cellmon::relational {

Result<std::optional<ProjectionState>> load_state(Database& database, const TableSet& tables) {
    CELLMON_TRY_ASSIGN(
        auto select,
        database.prepare("SELECT version, parameters, generation, journal_id, epoch, sequence, "
                         "chain FROM projection_state WHERE name = ?"));
    std::optional<ProjectionState> state;
    const auto read = [&](const Statement& row) {
        state = ProjectionState{row.integer(0), std::string(row.text(1)), row.integer(2),
                                journal::Cursor{row.id(3), row.bits(4), row.bits(5), row.bits(6)}};
    };
    CELLMON_TRY(select.first(read, tables.name()));
    return state;
}

Result<void> store_state(Database& database, const TableSet& tables, const ProjectionState& state) {
    CELLMON_TRY_ASSIGN(auto replace,
                       database.prepare(upsert(
                           "projection_state", "name",
                           "version, parameters, generation, journal_id, epoch, sequence, chain")));
    const journal::Cursor& cursor = state.cursor;
    return replace.run(tables.name(), state.version, state.parameters, state.generation,
                       cursor.journal_id, cursor.epoch, cursor.sequence, cursor.chain);
}

Result<void> create_copy(Database& database, const TableSet& tables, const std::string& parameters,
                         const journal::Cursor& cursor) {
    CELLMON_TRY_ASSIGN(const auto newest,
                       database.integer("SELECT max(generation) FROM projection_state"));
    const std::int64_t generation = newest.value_or(0) + 1;
    CELLMON_TRY(create_event_tables(database, tables, generation));
    return store_state(database, tables, {kProjectionVersion, parameters, generation, cursor});
}

Result<void> drop_copy(Database& database, const TableSet& tables) {
    CELLMON_TRY(drop_event_tables(database, tables));
    return database.execute("DELETE FROM projection_state WHERE name = '" +
                            std::string(tables.name()) + "'");
}

Result<void> promote_shadow(Database& database) {
    CELLMON_TRY(switch_shadow_to_live(database));
    return database.execute(
        "DELETE FROM projection_state WHERE name = 'live';"
        "UPDATE projection_state SET name = 'live' WHERE name = 'shadow'");
}

}  // namespace cellmon::relational
