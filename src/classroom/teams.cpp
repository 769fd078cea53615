#include "classroom/teams.hpp"

namespace cellmon::classroom {
namespace {

constexpr std::string_view kSelectTeams =
    "SELECT t.id, t.team_name, t.description, t.created_us, t.updated_us, t.version FROM teams t";

Team team_of(const sql::Row& row) {
    return {row.integer(0),          row.text(1),   row.optional_text(2), row.integer(3),
            row.optional_integer(4), row.integer(5)};
}

}  // namespace

Result<std::int64_t> add_team(sql::Connection& connection, const Team& added, TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO teams (team_name, description, created_us, version) "
                       "VALUES ($1, $2, $3, 1) RETURNING id",
                       added.team_name, added.description, now));
    return rows.front().integer(0);
}

Result<std::optional<Team>> find_team(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("t.id = ?", id);
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, kSelectTeams, "", {}));
    if (rows.empty()) return std::nullopt;
    return team_of(rows.front());
}

Result<std::vector<Team>> list_teams(sql::Connection& connection, sql::Page page) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       sql::Conditions().select(connection, kSelectTeams, "ORDER BY t.id", page));
    std::vector<Team> teams;
    teams.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        teams.push_back(team_of(row));
    return teams;
}

Result<void> store_team(sql::Connection& connection, const Team& changed, TimeUs now) {
    CELLMON_TRY(
        connection.run("UPDATE teams SET team_name = $2, description = $3, updated_us = $4, "
                       "version = version + 1 WHERE id = $1",
                       changed.id, changed.team_name, changed.description, now));
    return {};
}

Result<bool> team_is_used_by_others(sql::Connection& connection, std::int64_t id,
                                    std::int64_t account_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT 1 FROM students s JOIN student_classes r ON r.student_id = s.id "
                       "WHERE s.team_id = $1 AND NOT EXISTS (SELECT 1 FROM class_staff m WHERE "
                       "m.class_id = r.class_id AND m.account_id = $2 AND m.role = 'instructor') "
                       "LIMIT 1",
                       id, account_id));
    return !rows.empty();
}

Result<void> remove_team(sql::Connection& connection, std::int64_t id) {
    CELLMON_TRY(connection.run("DELETE FROM teams WHERE id = $1", id));
    return {};
}

}  // namespace cellmon::classroom
