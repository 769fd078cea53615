// Submissions (contract §3.8).
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "classroom/limits.hpp"
#include "classroom/rosters.hpp"

namespace cellmon::api {
namespace {

using classroom::Submission;
using http::Method;
using http::Request;
using http::Responder;
using Presence = BodyFields::Presence;

constexpr std::string_view kId = "submission_id";
constexpr std::string_view kWhat = "Submission";

struct Input {
    std::optional<std::int64_t> assignment_id;
    std::optional<std::int64_t> student_id;
    std::optional<std::int64_t> attempt;  ///< Which one it is to be; only of a new one.
    std::optional<std::string> status;
    Nullable<double> grade;
    Nullable<std::string> feedback;

    void apply(Submission& row) const {
        if (assignment_id) row.assignment_id = *assignment_id;
        if (student_id) row.student_id = *student_id;
        if (status) row.status = *status;
        grade.apply(row.grade);
        feedback.apply(row.feedback);
    }
};

tl::expected<Input, http::Response> read_input(const Request& request, Presence presence) {
    auto fields = row_fields(request);
    if (!fields) return tl::unexpected(std::move(fields).error());
    Input input;
    input.assignment_id = fields->id("assignment_id", presence);
    input.student_id = fields->id("student_id", presence);
    input.attempt = fields->integer("attempt", Presence::optional);
    input.status = fields->line("status", Presence::optional, classroom::kSubmissionStatus);
    input.grade = fields->nullable_real("grade", 0, classroom::kMostPoints);
    input.feedback = fields->nullable_text("feedback", classroom::kFeedback);
    if (!fields->ok()) return tl::unexpected(fields->refusal());
    return input;
}

std::string subject(std::int64_t id) {
    return fmt::format("submission {}", id);
}

std::string grade_text(const std::optional<double>& grade) {
    return grade ? fmt::format("{}", *grade) : "none";
}

/// Why the row cannot name that assignment and student: 422 for what is not there or not theirs,
/// 403 where the caller may only look.
Result<std::optional<http::Response>> unknown_names(const Visit& visit, const Submission& row,
                                                    Right least) {
    CELLMON_TRY_ASSIGN(const auto assignment,
                       classroom::find_assignment(visit.connection, row.assignment_id));
    Right right = Right::none;
    if (assignment) {
        CELLMON_TRY_ASSIGN(right, visit.right_in(assignment->class_id));
    }
    if (right == Right::none) {
        return std::optional(unknown_id("assignment_id", "Assignment", row.assignment_id));
    }
    if (right < least) return std::optional(not_allowed());
    CELLMON_TRY_ASSIGN(const auto student,
                       classroom::find_student(visit.connection, row.student_id));
    bool known = student.has_value();
    if (known && !visit.may_everything()) {
        CELLMON_TRY_ASSIGN(
            known, classroom::is_on_roster(visit.connection, assignment->class_id, row.student_id));
    }
    if (!known) return std::optional(unknown_id("student_id", "Student", row.student_id));
    return std::optional<http::Response>();
}

/// The submission, when the caller may see it and their right reaches: students see their own.
Result<tl::expected<Submission, http::Response>> find(const Visit& visit, std::int64_t id,
                                                      Right least) {
    using Found = tl::expected<Submission, http::Response>;
    const std::string missing = missing_text(kWhat, id);
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_submission(visit.connection, id));
    if (!row || (visit.is_student() && row->student_id != visit.student_id())) {
        return Found(tl::unexpected(http::error_response(404, missing)));
    }
    // Their own they see also when they have left the class.
    if (visit.is_student() && least <= Right::own) return Found(*row);
    CELLMON_TRY_ASSIGN(auto barred, visit.bar(row->class_id, least, missing));
    if (barred) return Found(tl::unexpected(std::move(*barred)));
    return Found(*row);
}

void list(const ClassParts& parts, Request&& request, Responder responder) {
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    const auto assignment_id = query_id(request, "assignment_id");
    if (!assignment_id) return responder.send(assignment_id.error());
    const auto student_id = query_id(request, "student_id");
    if (!student_id) return responder.send(student_id.error());
    look(parts, std::move(request), std::move(responder),
         [page = *page, assignment_id = *assignment_id,
          student_id = *student_id](Visit& visit) -> RowAnswer {
             CELLMON_TRY_ASSIGN(const auto rows,
                                classroom::list_submissions(visit.connection, visit.scope(),
                                                            assignment_id, student_id, page));
             return list_answer(visit, rows);
         });
}

/// What a student may hand in: for themselves, and without a grade.
bool is_allowed(const Visit& visit, const Submission& row) {
    if (!visit.is_student()) return true;
    return row.student_id == visit.student_id() && !row.grade && !row.feedback &&
           row.status == "submitted";
}

RowAnswer add(Visit& visit, Submission row, std::optional<std::int64_t> attempt) {
    if (!is_allowed(visit, row)) return refused(not_allowed());
    const Right least = visit.is_student() ? Right::own : Right::teach;
    CELLMON_PASS(unknown_names(visit, row, least));
    CELLMON_TRY_ASSIGN(
        row.attempt, classroom::next_attempt(visit.connection, row.assignment_id, row.student_id));
    if (attempt && *attempt != row.attempt) {
        return refused(409, fmt::format("The next attempt is {}", row.attempt));
    }
    row.submitted_us = visit.now;
    CELLMON_TRY_ASSIGN(row.id, classroom::add_submission(visit.connection, row));
    CELLMON_TRY(classroom::record_grade(visit.connection, Submission(), row, visit.account_id(),
                                        visit.now));
    CELLMON_TRY(visit.note("submission.create", subject(row.id),
                           fmt::format("assignment {} student {} attempt {}", row.assignment_id,
                                       row.student_id, row.attempt)));
    CELLMON_TRY_ASSIGN(const auto made, classroom::find_submission(visit.connection, row.id));
    return written_answer(201, *made);
}

void create(const ClassParts& parts, Request&& request, Responder responder) {
    auto input = read_input(request, Presence::required);
    if (!input) return responder.send(std::move(input).error());
    change(parts, std::move(request), std::move(responder),
           [input = std::move(*input)](Visit& visit) -> RowAnswer {
               Submission row;
               input.apply(row);
               return add(visit, std::move(row), input.attempt);
           });
}

void read(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    look(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, find(visit, id, Right::own));
        if (!row) return refused(row.error());
        return row_answer(visit, *row);
    });
}

RowAnswer apply(Visit& visit, const Submission& before, const Input& input) {
    Submission row = before;
    input.apply(row);
    if (row.assignment_id != before.assignment_id || row.student_id != before.student_id) {
        CELLMON_TRY_ASSIGN(const Right right, visit.right_in(before.class_id));
        if (right < Right::teach) return refused(not_allowed());
        CELLMON_PASS(unknown_names(visit, row, Right::teach));
        CELLMON_TRY_ASSIGN(row.attempt, classroom::next_attempt(visit.connection, row.assignment_id,
                                                                row.student_id));
    }
    CELLMON_TRY(classroom::store_submission(visit.connection, row));
    CELLMON_TRY(
        classroom::record_grade(visit.connection, before, row, visit.account_id(), visit.now));
    CELLMON_TRY(visit.note(
        before.grade == row.grade ? "submission.update" : "submission.grade", subject(row.id),
        before.grade == row.grade
            ? ""
            : fmt::format("{} to {}", grade_text(before.grade), grade_text(row.grade))));
    CELLMON_TRY_ASSIGN(const auto stored, classroom::find_submission(visit.connection, row.id));
    return written_answer(200, *stored);
}

void update(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    auto input = read_input(request, Presence::optional);
    if (!input) return responder.send(std::move(input).error());
    change(parts, std::move(request), std::move(responder),
           [id = *id, input = std::move(*input)](Visit& visit) -> RowAnswer {
               CELLMON_TRY_ASSIGN(const auto row, find(visit, id, Right::assist));
               if (!row) return refused(row.error());
               if (auto refusal = stale(visit.request, tag_of(*row))) return refused(*refusal);
               return apply(visit, *row, input);
           });
}

void remove(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    change(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, find(visit, id, Right::teach));
        if (!row) return refused(row.error());
        if (auto refusal = stale(visit.request, tag_of(*row))) return refused(*refusal);
        CELLMON_TRY(classroom::remove_submission(visit.connection, id));
        // Its history goes with it; what it came to stays here.
        CELLMON_TRY(visit.note(
            "submission.delete", subject(id),
            fmt::format("assignment {} student {} attempt {} grade {}", row->assignment_id,
                        row->student_id, row->attempt, grade_text(row->grade))));
        return answered(http::json_response(200, json_of(*row)));
    });
}

}  // namespace

void add_submissions_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::get, "/api/v1/submissions", list);
    mount(Method::post, "/api/v1/submissions", create);
    mount(Method::get, "/api/v1/submissions/{submission_id}", read);
    mount(Method::put, "/api/v1/submissions/{submission_id}", update);
    mount(Method::delete_, "/api/v1/submissions/{submission_id}", remove);
}

}  // namespace cellmon::api
