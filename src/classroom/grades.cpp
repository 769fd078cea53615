#include "classroom/grades.hpp"

#include <fmt/format.h>

namespace cellmon::classroom {
namespace {

/// That `s` is the latest attempt with a grade.
constexpr std::string_view kCounts =
    "s.grade IS NOT NULL AND NOT EXISTS (SELECT 1 FROM assignment_submissions n WHERE "
    "n.assignment_id = s.assignment_id AND n.student_id = s.student_id AND n.grade IS NOT NULL AND "
    "n.attempt > s.attempt)";

}  // namespace

Result<void> record_grade(sql::Connection& connection, const Submission& before,
                          const Submission& after, std::optional<std::int64_t> actor_id,
                          TimeUs now) {
    if (before.grade == after.grade && before.feedback == after.feedback) return {};
    CELLMON_TRY(connection.run(
        "INSERT INTO grade_history (submission_id, at_us, actor_id, old_grade, new_grade, "
        "old_feedback, new_feedback) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        after.id, now, actor_id, before.grade, after.grade, before.feedback, after.feedback));
    return {};
}

Result<std::vector<GradeChange>> grade_history(sql::Connection& connection,
                                               std::int64_t submission_id, sql::Page page) {
    sql::Conditions conditions;
    conditions.add("h.submission_id = ?", submission_id);
    CELLMON_TRY_ASSIGN(
        const auto rows,
        conditions.select(connection,
                          "SELECT h.id, h.submission_id, h.at_us, h.actor_id, a.email, "
                          "h.old_grade, h.new_grade, h.old_feedback, h.new_feedback FROM "
                          "grade_history h LEFT JOIN instructors a ON a.id = h.actor_id",
                          "ORDER BY h.id", page));
    std::vector<GradeChange> changes;
    changes.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        changes.push_back({row.integer(0), row.integer(1), row.integer(2), row.optional_integer(3),
                           row.optional_text(4), row.optional_real(5), row.optional_real(6),
                           row.optional_text(7), row.optional_text(8)});
    }
    return changes;
}

Result<GradeFigures> grade_figures(sql::Connection& connection, std::int64_t assignment_id) {
    CELLMON_TRY_ASSIGN(
        const auto counts,
        connection.run(
            "SELECT (SELECT count(*) FROM student_classes r WHERE r.class_id = a.class_id), "
            "count(DISTINCT s.student_id), count(s.id), "
            "count(DISTINCT CASE WHEN a.due_us IS NULL OR s.submitted_us <= a.due_us THEN "
            "s.student_id END) "
            "FROM class_assignments a LEFT JOIN assignment_submissions s ON s.assignment_id = a.id "
            "WHERE a.id = $1 GROUP BY a.id, a.class_id",
            assignment_id));
    GradeFigures figures;
    if (counts.empty()) return figures;
    const sql::Row& count = counts.front();
    figures.students = count.integer(0);
    figures.submitted = count.integer(1);
    figures.attempts = count.integer(2);
    figures.late = figures.submitted - count.integer(3);
    // The median is the mean of the one or two in the middle.
    static const std::string kFigures = fmt::format(
        "WITH counted AS (SELECT s.grade, row_number() OVER (ORDER BY s.grade) AS place, "
        "count(*) OVER () AS graded FROM assignment_submissions s WHERE s.assignment_id = $1 AND "
        "{}) SELECT count(*), min(grade), max(grade), avg(grade), "
        "avg(CASE WHEN 2 * place BETWEEN graded AND graded + 2 THEN grade END) FROM counted",
        kCounts);
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(kFigures, assignment_id));
    const sql::Row& row = rows.front();
    figures.graded = row.integer(0);
    figures.least = row.optional_real(1);
    figures.most = row.optional_real(2);
    figures.mean = row.optional_real(3);
    figures.median = row.optional_real(4);
    return figures;
}

Result<std::vector<Grade>> grades_of_class(sql::Connection& connection, std::int64_t class_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run(
            "SELECT s.student_id, s.assignment_id, s.grade FROM class_assignments a JOIN "
            "assignment_submissions s ON s.assignment_id = a.id WHERE a.class_id = $1 AND "
            "s.grade IS NOT NULL ORDER BY s.assignment_id, s.student_id, s.attempt",
            class_id));
    std::vector<Grade> grades;
    grades.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        const Grade grade{row.integer(0), row.integer(1), row.real(2)};
        // The latest attempt comes last: looking for it in each row would cost three times as much.
        const bool again = !grades.empty() && grades.back().student_id == grade.student_id &&
                           grades.back().assignment_id == grade.assignment_id;
        if (again) grades.pop_back();
        grades.push_back(grade);
    }
    return grades;
}

}  // namespace cellmon::classroom
