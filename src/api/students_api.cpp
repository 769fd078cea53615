// Students: people who work in notebooks. Whoever teaches them sees them; they see themselves.
#include <fmt/format.h>

#include "api/class_resource.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::Student;
using Presence = BodyFields::Presence;

struct StudentInput {
    std::optional<std::string> email;
    std::optional<std::string> name;
    Nullable<std::int64_t> team_id;

    static StudentInput read(BodyFields& fields, Presence presence) {
        StudentInput input;
        input.email = fields.student_email("email", presence);
        input.name = fields.line("name", Presence::optional, classroom::kStudentName);
        input.team_id = fields.nullable_id("team_id");
        return input;
    }

    void apply(Student& row) const {
        if (email) row.email = *email;
        if (name) row.name = *name;
        team_id.apply(row.team_id);
    }
};

std::string student_subject(std::int64_t id) {
    return fmt::format("student {}", id);
}

http::Response taken() {
    return http::error_response(409, "A student with that email already exists");
}

Result<std::optional<http::Response>> unknown_team(const Visit& visit, const Student& row) {
    if (!row.team_id) return std::optional<http::Response>();
    CELLMON_TRY_ASSIGN(const auto team, classroom::find_team(visit.connection, *row.team_id));
    if (!team) return std::optional(unknown_id("team_id", "Team", *row.team_id));
    return std::optional<http::Response>();
}

/// Why the caller may not change that of the student. The address says whose account is whose, so
/// only admins change it; the rest may who teaches all classes that the student is in.
Result<std::optional<http::Response>> forbidden(const Visit& visit, const Student& before,
                                                const Student& after) {
    if (visit.may_everything()) return std::optional<http::Response>();
    CELLMON_TRY_ASSIGN(const auto teaching,
                       classroom::teaching_of(visit.connection, *visit.account_id(), before.id));
    if (teaching.every && before.email == after.email) return std::optional<http::Response>();
    return std::optional(not_allowed());
}

struct StudentKind {
    using Input = StudentInput;
    using Filter = NoFilter;
    static constexpr std::string_view kPath = "/api/v1/students";
    static constexpr std::string_view kId = "student_id";
    static constexpr std::string_view kWhat = "Student";
    static constexpr bool kSaysWhoSees = true;

    static Result<std::vector<Student>> list(const Visit& visit, NoFilter, sql::Page page) {
        return classroom::list_students(visit.connection, visit.scope(), page);
    }

    /// Seen by who teaches them, and by the student.
    static Found<Student> find(const Visit& visit, std::int64_t id, Use) {
        CELLMON_TRY_ASSIGN(auto row, classroom::find_student(visit.connection, id));
        bool sees = visit.may_everything() || visit.student_id() == id;
        if (row && !sees && !visit.is_student()) {
            CELLMON_TRY_ASSIGN(const auto teaching,
                               classroom::teaching_of(visit.connection, *visit.account_id(), id));
            sees = teaching.any;
        }
        if (!row || !sees) return missing<Student>(kWhat, id);
        return std::move(*row);
    }

    static RowAnswer add(const Visit& visit, const Input& input) {
        Student row;
        input.apply(row);
        CELLMON_PASS(unknown_team(visit, row));
        const auto id = classroom::add_student(visit.connection, row, visit.now);
        CELLMON_ROWS(id, ErrorCode::already_exists, refused(taken()));
        CELLMON_TRY(visit.note("student.create", student_subject(*id)));
        CELLMON_TRY_ASSIGN(const auto made, classroom::find_student(visit.connection, *id));
        return written_answer(201, *made);
    }

    static RowAnswer store(const Visit& visit, const Student& before, const Input& input) {
        Student row = before;
        input.apply(row);
        CELLMON_PASS(forbidden(visit, before, row));
        CELLMON_PASS(unknown_team(visit, row));
        CELLMON_ROWS(classroom::store_student(visit.connection, row, visit.now),
                     ErrorCode::already_exists, refused(taken()));
        CELLMON_TRY(visit.note("student.update", student_subject(row.id)));
        CELLMON_TRY_ASSIGN(const auto stored, classroom::find_student(visit.connection, row.id));
        return written_answer(200, *stored);
    }

    static RowAnswer remove(const Visit& visit, const Student& row) {
        CELLMON_ROWS(classroom::remove_student(visit.connection, row.id), ErrorCode::reference,
                     refused(409, fmt::format("Student with id {} is in a class or has submissions",
                                              row.id)));
        CELLMON_TRY(visit.note("student.delete", student_subject(row.id)));
        return answered(http::json_response(200, json_of(row)));
    }
};

}  // namespace

void add_students_routes(http::Router& router, const ClassParts& parts) {
    ClassResource<StudentKind>::add_routes(router, parts);
}

}  // namespace cellmon::api
