#include "classroom/memberships.hpp"

namespace cellmon::classroom {

Result<Memberships> read_memberships(sql::Connection& connection) {
    Memberships found;
    CELLMON_TRY_ASSIGN(
        const auto admins,
        connection.run("SELECT id FROM instructors WHERE role = 'admin' AND is_active"));
    for (const sql::Row& row : admins.rows)
        found.admins.insert(row.integer(0));
    CELLMON_TRY_ASSIGN(const auto classes, connection.run("SELECT id, class_code FROM classes"));
    for (const sql::Row& row : classes.rows)
        found.codes.emplace(row.integer(0), row.text(1));
    CELLMON_TRY_ASSIGN(
        const auto staff,
        connection.run("SELECT m.account_id, m.class_id FROM class_staff m JOIN instructors a ON "
                       "a.id = m.account_id WHERE a.role <> 'student' AND a.is_active"));
    for (const sql::Row& row : staff.rows)
        found.classes_of[row.integer(0)].insert(row.integer(1));
    CELLMON_TRY_ASSIGN(const auto rosters,
                       connection.run("SELECT r.class_id, s.email_key FROM student_classes r "
                                      "JOIN students s ON s.id = r.student_id "
                                      "ORDER BY r.class_id, r.student_id"));
    for (const sql::Row& row : rosters.rows)
        found.rosters[row.integer(0)].push_back(row.text(1));
    return found;
}

}  // namespace cellmon::classroom
