// Students join a class by a code.
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "api/gate.hpp"
#include "classroom/email.hpp"
#include "classroom/limits.hpp"
#include "classroom/rosters.hpp"

namespace cellmon::api {
namespace {

using classroom::Student;
using http::Method;
using http::Request;
using http::Responder;
using Presence = BodyFields::Presence;

/// The student's row, made when there is none yet.
Result<std::int64_t> student_of(Visit& visit, const std::string& email, const std::string& name) {
    CELLMON_TRY_ASSIGN(const auto found, classroom::find_student(visit.connection, email));
    if (found) return found->id;
    Student added;
    added.email = email;
    added.name = name;
    return classroom::add_student(visit.connection, added, visit.now);
}

RowAnswer enter(Visit& visit, const std::string& code, const std::string& email,
                const std::string& name) {
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_class_by_join_code(
                                           visit.connection, classroom::normal_join_code(code)));
    if (!row || !row->is_active) return refused(404, "No class has that code");
    CELLMON_TRY_ASSIGN(const std::int64_t student_id, student_of(visit, email, name));
    CELLMON_TRY_ASSIGN(const bool is_new,
                       classroom::enrol(visit.connection, row->id, student_id, visit.now));
    if (is_new) {
        CELLMON_TRY(visit.note("class.join", fmt::format("class {}", row->id),
                               fmt::format("student {}", student_id)));
    }
    return written_answer(is_new ? 201 : 200, *row);
}

/// Whoever is logged in joins as themselves; where nobody has to be, they say who they are. Codes
/// that are wrong count, so that nobody tries many; a whole class may join at once from one
/// address.
void join(const ClassParts& parts, Request&& request, Responder responder) {
    auto fields = row_fields(request);
    if (!fields) return responder.send(std::move(fields).error());
    const auto code = fields->line("code", Presence::required, {1, 64});
    std::optional<std::string> email;
    std::optional<std::string> name;
    if (const auth::Caller* caller = caller_if_any(request)) {
        email = caller->account.email;
        name = caller->account.name;
    } else {
        email = fields->student_email("email", Presence::required);
        name = fields->line("name", Presence::optional, classroom::kStudentName);
    }
    if (!fields->ok()) return responder.send(fields->refusal());
    const std::string key = classroom::email_key(*email);
    if (const auto wait_us = parts.joins.take(key, parts.clock.steady_us()); wait_us > 0) {
        return responder.send(too_many("Too many attempts to join; try again later", wait_us));
    }
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, key, code = *code, email = *email,
               name = name.value_or("")](const Request& asked) {
                  auto answer = transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
                      CELLMON_TRY_ASSIGN(Visit visit, Visit::of(c, asked, parts.clock.now_us()));
                      return enter(visit, code, email, name);
                  });
                  parts.sights.note_change();
                  if (answer.status != 404) parts.joins.give_back(key);
                  return answer;
              });
}

}  // namespace

void add_join_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::post, "/api/v1/classes/join", join);
}

}  // namespace cellmon::api
