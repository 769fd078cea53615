// Grades: their history, figures of an assignment, and tables for spreadsheets.
#include <map>

#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "api/csv.hpp"
#include "api/csv_answer.hpp"

namespace cellmon::api {
namespace {

using classroom::Assignment;
using classroom::Submission;
using http::Method;
using http::Request;
using http::Responder;

constexpr std::string_view kGradesClass = "Class";
constexpr std::string_view kAssignment = "Assignment";
constexpr std::string_view kSubmission = "Submission";

void read_history(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "submission_id", kSubmission);
    if (!id) return responder.send(id.error());
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    look(parts, std::move(request), std::move(responder),
         [id = *id, page = *page](Visit& visit) -> RowAnswer {
             const std::string missing = missing_text(kSubmission, id);
             CELLMON_TRY_ASSIGN(const auto row, classroom::find_submission(visit.connection, id));
             if (!row) return refused(404, missing);
             if (!visit.is_student()) {
                 CELLMON_PASS(visit.bar(row->class_id, Right::assist, missing));
             } else if (row->student_id != visit.student_id()) {
                 return refused(404, missing);
             }
             CELLMON_TRY_ASSIGN(const auto changes,
                                classroom::grade_history(visit.connection, id, page));
             return list_answer(visit, changes);
         });
}

/// The assignment, for whoever assists in its class.
Result<tl::expected<Assignment, http::Response>> find(const Visit& visit, std::int64_t id) {
    using Found = tl::expected<Assignment, http::Response>;
    const std::string missing = missing_text(kAssignment, id);
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_assignment(visit.connection, id));
    if (!row) return Found(tl::unexpected(http::error_response(404, missing)));
    CELLMON_TRY_ASSIGN(auto barred, visit.bar(row->class_id, Right::assist, missing));
    if (barred) return Found(tl::unexpected(std::move(*barred)));
    return Found(*row);
}

void read_figures(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "assignment_id", kAssignment);
    if (!id) return responder.send(id.error());
    look(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, find(visit, id));
        if (!row) return refused(row.error());
        CELLMON_TRY_ASSIGN(const auto figures, classroom::grade_figures(visit.connection, id));
        return content_answer(visit, json_of(figures));
    });
}

/// A row for each attempt.
std::string attempts_csv(const std::vector<Submission>& submissions,
                         const std::map<std::int64_t, classroom::Student>& students) {
    CsvWriter csv;
    for (const std::string_view title : {"email", "name", "team", "attempt", "status",
                                         "submitted_at", "late", "grade", "feedback"}) {
        csv.cell(title);
    }
    csv.end_row();
    for (const Submission& row : submissions) {
        const classroom::Student& student = students.at(row.student_id);
        csv.cell(student.email);
        csv.cell(student.name);
        csv.cell(student.team_name.value_or(""));
        csv.cell(static_cast<double>(row.attempt));
        csv.cell(row.status);
        csv.cell(format_time(row.submitted_us));
        csv.cell(row.is_late ? "late" : "");
        csv.cell(row.grade);
        csv.cell(row.feedback.value_or(""));
        csv.end_row();
    }
    return csv.take();
}

/// Students of rows, by id: those who left the class are still in its tables.
Result<std::map<std::int64_t, classroom::Student>> students_of(
    const Visit& visit, const std::vector<std::int64_t>& ids,
    const std::vector<classroom::RosterEntry>& roster) {
    std::map<std::int64_t, classroom::Student> students;
    for (const classroom::RosterEntry& entry : roster)
        students.emplace(entry.student.id, entry.student);
    for (const std::int64_t id : ids) {
        if (students.contains(id)) continue;
        CELLMON_TRY_ASSIGN(const auto student, classroom::find_student(visit.connection, id));
        if (student) students.emplace(id, *student);
    }
    return students;
}

void export_attempts(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "assignment_id", kAssignment);
    if (!id) return responder.send(id.error());
    change(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, find(visit, id));
        if (!row) return refused(row.error());
        CELLMON_TRY_ASSIGN(
            const auto submissions,
            classroom::list_submissions(visit.connection, {}, id, std::nullopt, kWholeTable));
        CELLMON_TRY_ASSIGN(const auto roster,
                           classroom::list_roster(visit.connection, row->class_id, kWholeTable));
        std::vector<std::int64_t> ids;
        for (const Submission& one : submissions)
            ids.push_back(one.student_id);
        CELLMON_TRY_ASSIGN(const auto students, students_of(visit, ids, roster));
        CELLMON_TRY(visit.note("grades.export", fmt::format("assignment {}", id)));
        return answered(csv_response(attempts_csv(submissions, students),
                                     fmt::format("assignment-{}.csv", id)));
    });
}

/// A row for each student, a column for each assignment.
std::string grades_csv(const std::map<std::int64_t, classroom::Student>& students,
                       const std::vector<Assignment>& assignments,
                       const std::vector<classroom::Grade>& grades) {
    std::map<std::pair<std::int64_t, std::int64_t>, double> by_place;
    for (const classroom::Grade& one : grades)
        by_place[{one.student_id, one.assignment_id}] = one.grade;
    CsvWriter csv;
    for (const std::string_view title : {"email", "name", "team"})
        csv.cell(title);
    for (const Assignment& assignment : assignments)
        csv.cell(assignment.title);
    csv.end_row();
    for (const auto& [id, student] : students) {
        csv.cell(student.email);
        csv.cell(student.name);
        csv.cell(student.team_name.value_or(""));
        for (const Assignment& assignment : assignments) {
            const auto found = by_place.find({id, assignment.id});
            csv.cell(found == by_place.end() ? std::nullopt : std::optional(found->second));
        }
        csv.end_row();
    }
    return csv.take();
}

void export_grades(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kGradesClass);
    if (!id) return responder.send(id.error());
    change(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_PASS(visit.bar(id, Right::assist, missing_text(kGradesClass, id)));
        CELLMON_TRY_ASSIGN(const auto row, classroom::find_class(visit.connection, id));
        if (!row) return refused(404, missing_text(kGradesClass, id));
        CELLMON_TRY_ASSIGN(const auto assignments,
                           classroom::list_assignments(visit.connection, {}, id, kWholeTable));
        CELLMON_TRY_ASSIGN(const auto grades, classroom::grades_of_class(visit.connection, id));
        CELLMON_TRY_ASSIGN(const auto roster,
                           classroom::list_roster(visit.connection, id, kWholeTable));
        std::vector<std::int64_t> ids;
        for (const classroom::Grade& one : grades)
            ids.push_back(one.student_id);
        CELLMON_TRY_ASSIGN(const auto students, students_of(visit, ids, roster));
        CELLMON_TRY(visit.note("grades.export", fmt::format("class {}", id)));
        return answered(csv_response(grades_csv(students, assignments, grades),
                                     fmt::format("grades-{}.csv", id)));
    });
}

}  // namespace

void add_grades_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::get, "/api/v1/submissions/{submission_id}/grades", read_history);
    mount(Method::get, "/api/v1/assignments/{assignment_id}/figures", read_figures);
    mount(Method::get, "/api/v1/assignments/{assignment_id}/grades.csv", export_attempts);
    mount(Method::get, "/api/v1/classes/{class_id}/grades.csv", export_grades);
}

}  // namespace cellmon::api
