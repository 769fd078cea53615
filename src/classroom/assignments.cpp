#include "classroom/assignments.hpp"

namespace cellmon::classroom {
namespace {

constexpr std::string_view kSelectAssignments =
    "SELECT a.id, a.class_id, a.notebook_id, a.title, a.description, a.due_us, a.points, "
    "a.created_us, a.updated_us, a.version FROM class_assignments a";

Assignment assignment_of(const sql::Row& row) {
    return {.id = row.integer(0),
            .class_id = row.integer(1),
            .notebook_id = row.integer(2),
            .title = row.text(3),
            .description = row.optional_text(4),
            .due_us = row.optional_integer(5),
            .points = row.optional_real(6),
            .created_us = row.integer(7),
            .updated_us = row.optional_integer(8),
            .version = row.integer(9)};
}

}  // namespace

Result<std::int64_t> add_assignment(sql::Connection& connection, const Assignment& added,
                                    TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO class_assignments (class_id, notebook_id, title, description, "
                       "due_us, points, created_us, version) VALUES ($1, $2, $3, $4, $5, $6, $7, "
                       "1) RETURNING id",
                       added.class_id, added.notebook_id, added.title, added.description,
                       added.due_us, added.points, now));
    return rows.front().integer(0);
}

Result<std::optional<Assignment>> find_assignment(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("a.id = ?", id);
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, kSelectAssignments, "", {}));
    if (rows.empty()) return std::nullopt;
    return assignment_of(rows.front());
}

Result<std::vector<Assignment>> list_assignments(sql::Connection& connection, const Scope& scope,
                                                 std::optional<std::int64_t> class_id,
                                                 sql::Page page) {
    sql::Conditions conditions;
    conditions.add_if("a.class_id = ?", class_id);
    conditions.add_if("a.class_id IN (SELECT class_id FROM class_staff WHERE account_id = ?)",
                      scope.staff_id);
    conditions.add_if("a.class_id IN (SELECT class_id FROM student_classes WHERE student_id = ?)",
                      scope.student_id);
    CELLMON_TRY_ASSIGN(const auto rows,
                       conditions.select(connection, kSelectAssignments, "ORDER BY a.id", page));
    std::vector<Assignment> assignments;
    assignments.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        assignments.push_back(assignment_of(row));
    return assignments;
}

Result<void> store_assignment(sql::Connection& connection, const Assignment& changed, TimeUs now) {
    CELLMON_TRY(connection.run(
        "UPDATE class_assignments SET class_id = $2, notebook_id = $3, title = $4, "
        "description = $5, due_us = $6, points = $7, updated_us = $8, version = version + 1 "
        "WHERE id = $1",
        changed.id, changed.class_id, changed.notebook_id, changed.title, changed.description,
        changed.due_us, changed.points, now));
    return {};
}

Result<void> remove_assignment(sql::Connection& connection, std::int64_t id) {
    CELLMON_TRY(connection.run("DELETE FROM class_assignments WHERE id = $1", id));
    return {};
}

}  // namespace cellmon::classroom
