#include "exporting/classroom_facts.hpp"

#include "exporting/pseudonyms.hpp"

namespace cellmon::exporting {
namespace {

Result<void> read_rosters(sql::Connection& connection, ClassroomFacts& facts) {
    CELLMON_TRY_ASSIGN(const auto classes, connection.run("SELECT class_code FROM classes"));
    for (const sql::Row& row : classes.rows)
        facts.classes.insert(row.text(0));
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT c.class_code, s.email, s.name, t.team_name FROM student_classes r "
                       "JOIN classes c ON c.id = r.class_id JOIN students s ON s.id = r.student_id "
                       "LEFT JOIN teams t ON t.id = s.team_id ORDER BY c.class_code, s.id"));
    for (const sql::Row& row : rows.rows) {
        facts.enrolled.push_back(
            {row.text(0), row.text(1), row.text(2), row.optional_text(3).value_or("")});
        facts.classes_of[person_key(row.text(1))].push_back(row.text(0));
    }
    return {};
}

Result<void> read_submissions(sql::Connection& connection, ClassroomFacts& facts) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run(
            "SELECT c.class_code, a.id, a.title, n.path, s.email, b.attempt, b.status, "
            "b.submitted_us, a.due_us, b.grade, a.points, b.feedback "
            "FROM assignment_submissions b JOIN class_assignments a ON a.id = b.assignment_id "
            "JOIN classes c ON c.id = a.class_id JOIN notebooks n ON n.id = a.notebook_id "
            "JOIN students s ON s.id = b.student_id ORDER BY b.id"));
    facts.submissions.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        facts.submissions.push_back({row.text(0), row.integer(1), row.text(2), row.text(3),
                                     row.text(4), row.integer(5), row.text(6), row.integer(7),
                                     row.optional_integer(8), row.optional_real(9),
                                     row.optional_real(10), row.optional_text(11)});
    }
    return {};
}

}  // namespace

Result<ClassroomFacts> ClassroomFacts::read(sql::Database& database) {
    return database.read([](sql::Connection& connection) -> Result<ClassroomFacts> {
        ClassroomFacts facts;
        CELLMON_TRY(read_rosters(connection, facts));
        CELLMON_TRY(read_submissions(connection, facts));
        return facts;
    });
}

}  // namespace cellmon::exporting
