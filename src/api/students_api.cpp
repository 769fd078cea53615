// Students: people who work in notebooks. Whoever teaches them sees them; they see themselves.
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::Student;
using http::Method;
using http::Request;
using http::Responder;
using Presence = BodyFields::Presence;

constexpr std::string_view kId = "student_id";
constexpr std::string_view kWhat = "Student";

struct Input {
    std::optional<std::string> email;
    std::optional<std::string> name;
    Nullable<std::int64_t> team_id;

    void apply(Student& row) const {
        if (email) row.email = *email;
        if (name) row.name = *name;
        team_id.apply(row.team_id);
    }
};

tl::expected<Input, http::Response> read_input(const Request& request, Presence presence) {
    auto fields = row_fields(request);
    if (!fields) return tl::unexpected(std::move(fields).error());
    Input input;
    input.email = fields->student_email("email", presence);
    input.name = fields->line("name", Presence::optional, classroom::kStudentName);
    input.team_id = fields->nullable_id("team_id");
    if (!fields->ok()) return tl::unexpected(fields->refusal());
    return input;
}

std::string subject(std::int64_t id) {
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

/// The student, when the caller may see them: teaches them, or is the student.
Result<tl::expected<Student, http::Response>> find(const Visit& visit, std::int64_t id) {
    using Found = tl::expected<Student, http::Response>;
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_student(visit.connection, id));
    bool sees = visit.may_everything() || visit.student_id() == id;
    if (row && !sees && !visit.is_student()) {
        CELLMON_TRY_ASSIGN(const auto teaching,
                           classroom::teaching_of(visit.connection, *visit.account_id(), id));
        sees = teaching.any;
    }
    if (row && sees) return Found(*row);
    return Found(tl::unexpected(http::error_response(404, missing_text(kWhat, id))));
}

void list(const ClassParts& parts, Request&& request, Responder responder) {
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    look(parts, std::move(request), std::move(responder),
         [page = *page](Visit& visit) -> RowAnswer {
             CELLMON_TRY_ASSIGN(const auto rows,
                                classroom::list_students(visit.connection, visit.scope(), page));
             return list_answer(visit, rows);
         });
}

void create(const ClassParts& parts, Request&& request, Responder responder) {
    auto input = read_input(request, Presence::required);
    if (!input) return responder.send(std::move(input).error());
    change_memberships(parts, std::move(request), std::move(responder),
                       [input = std::move(*input)](Visit& visit) -> RowAnswer {
                           Student row;
                           input.apply(row);
                           CELLMON_PASS(unknown_team(visit, row));
                           const auto id = classroom::add_student(visit.connection, row, visit.now);
                           CELLMON_ROWS(id, ErrorCode::already_exists, refused(taken()));
                           CELLMON_TRY(visit.note("student.create", subject(*id)));
                           CELLMON_TRY_ASSIGN(const auto made,
                                              classroom::find_student(visit.connection, *id));
                           return written_answer(201, *made);
                       });
}

void read(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    look(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, find(visit, id));
        if (!row) return refused(row.error());
        return row_answer(visit, *row);
    });
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

void update(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    auto input = read_input(request, Presence::optional);
    if (!input) return responder.send(std::move(input).error());
    change_memberships(
        parts, std::move(request), std::move(responder),
        [id = *id, input = std::move(*input)](Visit& visit) -> RowAnswer {
            CELLMON_TRY_ASSIGN(const auto row, find(visit, id));
            if (!row) return refused(row.error());
            if (auto refusal = stale(visit.request, tag_of(*row))) return refused(*refusal);
            Student changed = *row;
            input.apply(changed);
            CELLMON_PASS(forbidden(visit, *row, changed));
            CELLMON_PASS(unknown_team(visit, changed));
            CELLMON_ROWS(classroom::store_student(visit.connection, changed, visit.now),
                         ErrorCode::already_exists, refused(taken()));
            CELLMON_TRY(visit.note("student.update", subject(id)));
            CELLMON_TRY_ASSIGN(const auto stored, classroom::find_student(visit.connection, id));
            return written_answer(200, *stored);
        });
}

void remove(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    change_memberships(
        parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
            CELLMON_TRY_ASSIGN(const auto row, find(visit, id));
            if (!row) return refused(row.error());
            if (auto refusal = stale(visit.request, tag_of(*row))) return refused(*refusal);
            CELLMON_ROWS(
                classroom::remove_student(visit.connection, id), ErrorCode::reference,
                refused(409,
                        fmt::format("Student with id {} is in a class or has submissions", id)));
            CELLMON_TRY(visit.note("student.delete", subject(id)));
            return answered(http::json_response(200, json_of(*row)));
        });
}

}  // namespace

void add_students_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::get, "/api/v1/students", list);
    mount(Method::post, "/api/v1/students", create);
    mount(Method::get, "/api/v1/students/{student_id}", read);
    mount(Method::put, "/api/v1/students/{student_id}", update);
    mount(Method::delete_, "/api/v1/students/{student_id}", remove);
}

}  // namespace cellmon::api
