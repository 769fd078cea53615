// Submissions (contract §3.8).
#include <fmt/format.h>

#include "api/class_resource.hpp"
#include "classroom/limits.hpp"
#include "classroom/rosters.hpp"

namespace cellmon::api {
namespace {

using classroom::Submission;
using Presence = BodyFields::Presence;

struct SubmissionInput {
    std::optional<std::int64_t> assignment_id;
    std::optional<std::int64_t> student_id;
    std::optional<std::int64_t> attempt;  ///< Which one it is to be; only of a new one.
    std::optional<std::string> status;
    Nullable<double> grade;
    Nullable<std::string> feedback;

    static SubmissionInput read(BodyFields& fields, Presence presence) {
        SubmissionInput input;
        input.assignment_id = fields.id("assignment_id", presence);
        input.student_id = fields.id("student_id", presence);
        input.attempt = fields.integer("attempt", Presence::optional);
        input.status = fields.line("status", Presence::optional, classroom::kSubmissionStatus);
        input.grade = fields.nullable_real("grade", 0, classroom::kMostPoints);
        input.feedback = fields.nullable_text("feedback", classroom::kFeedback);
        return input;
    }

    void apply(Submission& row) const {
        if (assignment_id) row.assignment_id = *assignment_id;
        if (student_id) row.student_id = *student_id;
        if (status) row.status = *status;
        grade.apply(row.grade);
        feedback.apply(row.feedback);
    }
};

std::string submission_subject(std::int64_t id) {
    return fmt::format("submission {}", id);
}

std::string names(const Submission& row) {
    return fmt::format("assignment {} student {} attempt {}", row.assignment_id, row.student_id,
                       row.attempt);
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

/// What a student may hand in: for themselves, and without a grade.
bool is_allowed(const Visit& visit, const Submission& row) {
    if (!visit.is_student()) return true;
    return row.student_id == visit.student_id() && !row.grade && !row.feedback &&
           row.status == "submitted";
}

struct SubmissionFilter {
    std::optional<std::int64_t> assignment_id;
    std::optional<std::int64_t> student_id;

    static tl::expected<SubmissionFilter, http::Response> read(const http::Request& request) {
        const auto assignment_id = query_id(request, "assignment_id");
        if (!assignment_id) return tl::unexpected(assignment_id.error());
        const auto student_id = query_id(request, "student_id");
        if (!student_id) return tl::unexpected(student_id.error());
        return SubmissionFilter{*assignment_id, *student_id};
    }
};

constexpr Right least_for(Use use) {
    switch (use) {
        case Use::read:
            return Right::own;
        case Use::update:
            return Right::assist;
        case Use::remove:
            break;
    }
    return Right::teach;
}

struct SubmissionKind {
    using Input = SubmissionInput;
    using Filter = SubmissionFilter;
    static constexpr std::string_view kPath = "/api/v1/submissions";
    static constexpr std::string_view kId = "submission_id";
    static constexpr std::string_view kWhat = "Submission";
    static constexpr bool kSaysWhoSees = false;

    static Result<std::vector<Submission>> list(const Visit& visit, const Filter& filter,
                                                sql::Page page) {
        return classroom::list_submissions(visit.connection, visit.scope(), filter.assignment_id,
                                           filter.student_id, page);
    }

    /// Students see their own.
    static Found<Submission> find(const Visit& visit, std::int64_t id, Use use) {
        CELLMON_TRY_ASSIGN(auto row, classroom::find_submission(visit.connection, id));
        if (!row || (visit.is_student() && row->student_id != visit.student_id())) {
            return missing<Submission>(kWhat, id);
        }
        // Their own they see also when they have left the class.
        if (!visit.is_student() || use != Use::read) {
            CELLMON_TRY_ASSIGN(auto why,
                               visit.bar(row->class_id, least_for(use), missing_text(kWhat, id)));
            if (why) return barred<Submission>(std::move(*why));
        }
        return std::move(*row);
    }

    static RowAnswer add(const Visit& visit, const Input& input) {
        Submission row;
        input.apply(row);
        if (!is_allowed(visit, row)) return refused(not_allowed());
        const Right least = visit.is_student() ? Right::own : Right::teach;
        CELLMON_PASS(unknown_names(visit, row, least));
        CELLMON_TRY_ASSIGN(row.attempt, classroom::next_attempt(visit.connection, row.assignment_id,
                                                                row.student_id));
        if (input.attempt && *input.attempt != row.attempt) {
            return refused(409, fmt::format("The next attempt is {}", row.attempt));
        }
        row.submitted_us = visit.now;
        CELLMON_TRY_ASSIGN(row.id, classroom::add_submission(visit.connection, row));
        CELLMON_TRY(classroom::record_grade(visit.connection, Submission(), row, visit.account_id(),
                                            visit.now));
        CELLMON_TRY(visit.note("submission.create", submission_subject(row.id), names(row)));
        CELLMON_TRY_ASSIGN(const auto made, classroom::find_submission(visit.connection, row.id));
        return written_answer(201, *made);
    }

    static RowAnswer store(const Visit& visit, const Submission& before, const Input& input) {
        Submission row = before;
        input.apply(row);
        if (row.assignment_id != before.assignment_id || row.student_id != before.student_id) {
            CELLMON_TRY_ASSIGN(const Right right, visit.right_in(before.class_id));
            if (right < Right::teach) return refused(not_allowed());
            CELLMON_PASS(unknown_names(visit, row, Right::teach));
            CELLMON_TRY_ASSIGN(
                row.attempt,
                classroom::next_attempt(visit.connection, row.assignment_id, row.student_id));
        }
        CELLMON_TRY(classroom::store_submission(visit.connection, row));
        CELLMON_TRY(
            classroom::record_grade(visit.connection, before, row, visit.account_id(), visit.now));
        if (before.grade == row.grade) {
            CELLMON_TRY(visit.note("submission.update", submission_subject(row.id)));
        } else {
            CELLMON_TRY(visit.note(
                "submission.grade", submission_subject(row.id),
                fmt::format("{} to {}", grade_text(before.grade), grade_text(row.grade))));
        }
        CELLMON_TRY_ASSIGN(const auto stored, classroom::find_submission(visit.connection, row.id));
        return written_answer(200, *stored);
    }

    static RowAnswer remove(const Visit& visit, const Submission& row) {
        CELLMON_TRY(classroom::remove_submission(visit.connection, row.id));
        // Its history goes with it; what it came to stays here.
        CELLMON_TRY(visit.note("submission.delete", submission_subject(row.id),
                               fmt::format("{} grade {}", names(row), grade_text(row.grade))));
        return answered(http::json_response(200, json_of(row)));
    }
};

}  // namespace

void add_submissions_routes(http::Router& router, const ClassParts& parts) {
    ClassResource<SubmissionKind>::add_routes(router, parts);
}

}  // namespace cellmon::api
