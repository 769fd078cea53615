#include "classroom/submissions.hpp"

namespace cellmon::classroom {
namespace {

constexpr std::string_view kSelectSubmissions =
    "SELECT s.id, s.assignment_id, s.student_id, s.attempt, s.status, s.grade, s.feedback, "
    "s.submitted_us, s.version, a.class_id, (a.due_us IS NOT NULL AND s.submitted_us > a.due_us) "
    "FROM assignment_submissions s JOIN class_assignments a ON a.id = s.assignment_id";

Submission submission_of(const sql::Row& row) {
    return {.id = row.integer(0),
            .assignment_id = row.integer(1),
            .student_id = row.integer(2),
            .attempt = row.integer(3),
            .status = row.text(4),
            .grade = row.optional_real(5),
            .feedback = row.optional_text(6),
            .submitted_us = row.integer(7),
            .version = row.integer(8),
            .class_id = row.integer(9),
            .is_late = row.boolean(10)};
}

}  // namespace

Result<std::int64_t> next_attempt(sql::Connection& connection, std::int64_t assignment_id,
                                  std::int64_t student_id) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       connection.run("SELECT coalesce(max(attempt), 0) + 1 FROM "
                                      "assignment_submissions WHERE assignment_id = $1 AND "
                                      "student_id = $2",
                                      assignment_id, student_id));
    return rows.front().integer(0);
}

Result<std::int64_t> add_submission(sql::Connection& connection, const Submission& added) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO assignment_submissions (assignment_id, student_id, attempt, "
                       "status, grade, feedback, submitted_us, version) VALUES ($1, $2, $3, $4, "
                       "$5, $6, $7, 1) RETURNING id",
                       added.assignment_id, added.student_id, added.attempt, added.status,
                       added.grade, added.feedback, added.submitted_us));
    return rows.front().integer(0);
}

Result<std::optional<Submission>> find_submission(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("s.id = ?", id);
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, kSelectSubmissions, "", {}));
    if (rows.empty()) return std::nullopt;
    return submission_of(rows.front());
}

Result<std::vector<Submission>> list_submissions(sql::Connection& connection, const Scope& scope,
                                                 std::optional<std::int64_t> assignment_id,
                                                 std::optional<std::int64_t> student_id,
                                                 sql::Page page) {
    sql::Conditions conditions;
    conditions.add_if("s.assignment_id = ?", assignment_id);
    conditions.add_if("s.student_id = ?", student_id);
    conditions.add_if("s.student_id = ?", scope.student_id);
    conditions.add_if("a.class_id IN (SELECT class_id FROM class_staff WHERE account_id = ?)",
                      scope.staff_id);
    CELLMON_TRY_ASSIGN(const auto rows,
                       conditions.select(connection, kSelectSubmissions, "ORDER BY s.id", page));
    std::vector<Submission> submissions;
    submissions.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        submissions.push_back(submission_of(row));
    return submissions;
}

Result<void> store_submission(sql::Connection& connection, const Submission& changed) {
    CELLMON_TRY(connection.run(
        "UPDATE assignment_submissions SET assignment_id = $2, student_id = $3, attempt = $4, "
        "status = $5, grade = $6, feedback = $7, version = version + 1 WHERE id = $1",
        changed.id, changed.assignment_id, changed.student_id, changed.attempt, changed.status,
        changed.grade, changed.feedback));
    return {};
}

Result<void> remove_submission(sql::Connection& connection, std::int64_t id) {
    CELLMON_TRY(connection.run("DELETE FROM assignment_submissions WHERE id = $1", id));
    return {};
}

}  // namespace cellmon::classroom
