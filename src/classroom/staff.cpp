#include "classroom/staff.hpp"

#include "base/assert.hpp"

namespace cellmon::classroom {
namespace {

Role role_in(const sql::Row& row, std::size_t column) {
    const auto role = role_of(row.text(column));
    CELLMON_ASSERT(role);  // The schema takes no others.
    return *role;
}

}  // namespace

Result<std::optional<Role>> staff_role(sql::Connection& connection, std::int64_t class_id,
                                       std::int64_t account_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT role FROM class_staff WHERE class_id = $1 AND account_id = $2",
                       class_id, account_id));
    if (rows.empty()) return std::nullopt;
    return role_in(rows.front(), 0);
}

Result<std::vector<StaffMember>> list_staff(sql::Connection& connection, std::int64_t class_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT m.account_id, a.email, a.name, m.role, m.added_us FROM class_staff "
                       "m JOIN instructors a ON a.id = m.account_id WHERE m.class_id = $1 "
                       "ORDER BY m.account_id",
                       class_id));
    std::vector<StaffMember> members;
    members.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        members.push_back(
            {row.integer(0), row.text(1), row.text(2), role_in(row, 3), row.integer(4)});
    }
    return members;
}

Result<void> put_staff(sql::Connection& connection, std::int64_t class_id, std::int64_t account_id,
                       Role role, TimeUs now) {
    CELLMON_ASSERT(role == Role::assistant || role == Role::instructor);
    CELLMON_TRY(connection.run(
        "INSERT INTO class_staff (class_id, account_id, role, added_us) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (class_id, account_id) DO UPDATE SET role = $3",
        class_id, account_id, name_of(role), now));
    return {};
}

Result<bool> remove_staff(sql::Connection& connection, std::int64_t class_id,
                          std::int64_t account_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("DELETE FROM class_staff WHERE class_id = $1 AND account_id = $2", class_id,
                       account_id));
    return rows.changed == 1;
}

}  // namespace cellmon::classroom
