#include "classroom/host_environments.hpp"

#include "sql/conditions.hpp"

namespace cellmon::classroom {
namespace {

constexpr std::string_view kSelectHostEnvironments =
    "SELECT h.snapshot_id, h.captured_us, h.report, h.collection_ms, h.notebook_path, h.cell_id, "
    "h.execution_count FROM host_environments h";

Result<std::optional<HostEnvironment>> select_environment(sql::Connection& connection,
                                                          const sql::Conditions& conditions,
                                                          std::string_view order) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       conditions.select(connection, kSelectHostEnvironments, order, {.limit = 1}));
    if (rows.empty()) return std::nullopt;
    const sql::Row& row = rows.front();
    return HostEnvironment{row.text(0),
                           row.integer(1),
                           row.text(2),
                           row.real(3),
                           row.optional_text(4),
                           row.optional_text(5),
                           row.optional_integer(6)};
}

}  // namespace

Result<void> add_host_environment(sql::Connection& connection, const HostEnvironment& added) {
    CELLMON_TRY(connection.run(
        "INSERT INTO host_environments (snapshot_id, captured_us, report, collection_ms, "
        "notebook_path, cell_id, execution_count) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        added.snapshot_id, added.captured_us, added.report, added.collection_ms,
        added.notebook_path, added.cell_id, added.execution_count));
    CELLMON_TRY(
        connection.run("DELETE FROM host_environments WHERE id <= (SELECT id FROM "
                       "host_environments ORDER BY id DESC LIMIT 1 OFFSET $1)",
                       kMostHostEnvironments));
    return {};
}

Result<std::optional<HostEnvironment>> find_host_environment(sql::Connection& connection,
                                                             std::string_view snapshot_id) {
    sql::Conditions conditions;
    conditions.add("h.snapshot_id = ?", snapshot_id);
    return select_environment(connection, conditions, "");
}

Result<std::optional<HostEnvironment>> newest_host_environment(sql::Connection& connection) {
    return select_environment(connection, {}, "ORDER BY h.id DESC");
}

Result<std::optional<HostEnvironment>> host_environment_before(sql::Connection& connection,
                                                               TimeUs before_us) {
    sql::Conditions conditions;
    conditions.add("h.captured_us < ?", before_us);
    return select_environment(connection, conditions, "ORDER BY h.captured_us DESC, h.id DESC");
}

Result<std::optional<HostEnvironment>> first_host_environment(sql::Connection& connection,
                                                              TimeUs since_us) {
    sql::Conditions conditions;
    conditions.add("h.captured_us >= ?", since_us);
    return select_environment(connection, conditions, "ORDER BY h.captured_us, h.id");
}

}  // namespace cellmon::classroom
