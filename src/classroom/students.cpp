#include "classroom/students.hpp"

#include <fmt/format.h>

#include "classroom/email.hpp"
#include "classroom/limits.hpp"

namespace cellmon::classroom {
namespace {

const std::string& select() {
    static const std::string kText = fmt::format(
        "SELECT {} FROM students s LEFT JOIN teams t ON t.id = s.team_id", kStudentColumns);
    return kText;
}

std::optional<Student> first_student(const sql::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return student_of(rows.front());
}

}  // namespace

Result<void> check_student_email(std::string_view email) {
    if (!fits(email, kStudentEmail)) {
        return fail(ErrorCode::invalid, fmt::format("an email address has {} to {} characters",
                                                    kStudentEmail.least, kStudentEmail.most));
    }
    const auto at = email.find('@');
    if (at == std::string_view::npos || email.find('@', at + 1) != std::string_view::npos) {
        return fail(ErrorCode::invalid, "an email address has exactly one @-sign");
    }
    if (at == 0 || at + 1 == email.size()) {
        return fail(ErrorCode::invalid, "an email address has text on both sides of the @-sign");
    }
    for (const char c : email) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte == 0x7f || c == ',' || c == ';' || c == '"') {
            return fail(ErrorCode::invalid,
                        "an email address has no white space, commas, semicolons or quotes");
        }
    }
    return {};
}

Student student_of(const sql::Row& row) {
    return {.id = row.integer(0),
            .email = row.text(1),
            .name = row.text(2),
            .team_id = row.optional_integer(3),
            .team_name = row.optional_text(4),
            .created_us = row.integer(5),
            .updated_us = row.optional_integer(6),
            .version = row.integer(7)};
}

Result<std::int64_t> add_student(sql::Connection& connection, const Student& added, TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO students (email, email_key, name, team_id, created_us, "
                       "version) VALUES ($1, $2, $3, $4, $5, 1) RETURNING id",
                       added.email, email_key(added.email), added.name, added.team_id, now));
    return rows.front().integer(0);
}

Result<std::optional<Student>> find_student(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("s.id = ?", id);
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, select(), "", {}));
    return first_student(rows);
}

Result<std::optional<Student>> find_student(sql::Connection& connection, std::string_view email) {
    sql::Conditions conditions;
    conditions.add("s.email_key = ?", email_key(email));
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, select(), "", {}));
    return first_student(rows);
}

Result<std::vector<Student>> list_students(sql::Connection& connection, const Scope& scope,
                                           sql::Page page) {
    sql::Conditions conditions;
    conditions.add_if(
        "s.id IN (SELECT r.student_id FROM student_classes r JOIN class_staff m ON "
        "m.class_id = r.class_id WHERE m.account_id = ?)",
        scope.staff_id);
    conditions.add_if("s.id = ?", scope.student_id);
    CELLMON_TRY_ASSIGN(const auto rows,
                       conditions.select(connection, select(), "ORDER BY s.id", page));
    std::vector<Student> students;
    students.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        students.push_back(student_of(row));
    return students;
}

Result<void> store_student(sql::Connection& connection, const Student& changed, TimeUs now) {
    CELLMON_TRY(connection.run(
        "UPDATE students SET email = $2, email_key = $3, name = $4, team_id = $5, "
        "updated_us = $6, version = version + 1 WHERE id = $1",
        changed.id, changed.email, email_key(changed.email), changed.name, changed.team_id, now));
    return {};
}

Result<void> remove_student(sql::Connection& connection, std::int64_t id) {
    CELLMON_TRY(connection.run("DELETE FROM students WHERE id = $1", id));
    return {};
}

Result<Teaching> teaching_of(sql::Connection& connection, std::int64_t account_id,
                             std::int64_t student_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT count(*), count(m.account_id), "
                       "count(CASE WHEN m.role = 'instructor' THEN 1 END) FROM student_classes r "
                       "LEFT JOIN class_staff m ON m.class_id = r.class_id AND m.account_id = $1 "
                       "WHERE r.student_id = $2",
                       account_id, student_id));
    const sql::Row& counts = rows.front();
    return Teaching{.any = counts.integer(1) > 0,
                    .every = counts.integer(0) > 0 && counts.integer(2) == counts.integer(0)};
}

}  // namespace cellmon::classroom
