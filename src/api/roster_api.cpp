// Who is in a class: as JSON, one by one, and as a table for spreadsheets.
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "api/csv_answer.hpp"
#include "api/roster_table.hpp"
#include "classroom/email.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::RosterLine;
using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using Presence = BodyFields::Presence;

constexpr std::string_view kRosterClass = "Class";
constexpr std::string_view kStudent = "Student";

std::string roster_subject(std::int64_t id) {
    return fmt::format("class {}", id);
}

/// Why the class is not for the caller; nullopt: it is there, and their right reaches.
Result<std::optional<Response>> bar(const Visit& visit, std::int64_t id, Right least) {
    CELLMON_TRY_ASSIGN(auto barred, visit.bar(id, least, missing_text(kRosterClass, id)));
    if (barred) return barred;
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_class(visit.connection, id));
    if (!row) barred = http::error_response(404, missing_text(kRosterClass, id));
    return barred;
}

void list_roster(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kRosterClass);
    if (!id) return responder.send(id.error());
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    look(parts, std::move(request), std::move(responder),
         [id = *id, page = *page](Visit& visit) -> RowAnswer {
             CELLMON_PASS(bar(visit, id, Right::assist));
             CELLMON_TRY_ASSIGN(const auto rows,
                                classroom::list_roster(visit.connection, id, page));
             return list_answer(visit, rows);
         });
}

/// The student that is to be added: known by the address, or by an id that the caller may see.
struct Wanted {
    std::optional<std::int64_t> student_id;
    RosterLine line;
};

Result<std::optional<Response>> unknown_student(const Visit& visit, std::int64_t id) {
    bool known = visit.may_everything();
    if (known) {
        CELLMON_TRY_ASSIGN(const auto row, classroom::find_student(visit.connection, id));
        known = row.has_value();
    } else {
        // Whoever could add any id to a class would learn whose it is.
        CELLMON_TRY_ASSIGN(const auto teaching,
                           classroom::teaching_of(visit.connection, *visit.account_id(), id));
        known = teaching.any;
    }
    if (known) return std::optional<Response>();
    return std::optional(unknown_id("student_id", kStudent, id));
}

RowAnswer enrol(Visit& visit, std::int64_t id, const Wanted& wanted) {
    CELLMON_PASS(bar(visit, id, Right::teach));
    bool is_new = false;
    std::int64_t student_id = wanted.student_id.value_or(0);
    if (wanted.student_id) {
        CELLMON_PASS(unknown_student(visit, student_id));
        CELLMON_TRY_ASSIGN(is_new, classroom::enrol(visit.connection, id, student_id, visit.now));
    } else {
        CELLMON_TRY_ASSIGN(
            const auto outcome,
            classroom::import_roster(visit.connection, id, std::span(&wanted.line, 1), visit.now));
        is_new = outcome.enrolled > 0;
        CELLMON_TRY_ASSIGN(const auto made,
                           classroom::find_student(visit.connection, wanted.line.email));
        if (made) student_id = made->id;
    }
    if (is_new) {
        CELLMON_TRY(
            visit.note("roster.add", roster_subject(id), fmt::format("student {}", student_id)));
    }
    CELLMON_TRY_ASSIGN(const auto student, classroom::find_student(visit.connection, student_id));
    return written_answer(is_new ? 201 : 200, *student);
}

void add_to_roster(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kRosterClass);
    if (!id) return responder.send(id.error());
    auto fields = row_fields(request);
    if (!fields) return responder.send(std::move(fields).error());
    Wanted wanted;
    wanted.student_id = fields->integer("student_id", Presence::optional);
    if (!wanted.student_id) {
        wanted.line.email = fields->student_email("email", Presence::required).value_or("");
        wanted.line.name =
            fields->line("name", Presence::optional, classroom::kStudentName).value_or("");
        wanted.line.team =
            fields->line("team_name", Presence::optional, {0, classroom::kTeamName.most})
                .value_or("");
    }
    if (!fields->ok()) return responder.send(fields->refusal());
    change_memberships(parts, std::move(request), std::move(responder),
                       [id = *id, wanted = std::move(wanted)](Visit& visit) -> RowAnswer {
                           return enrol(visit, id, wanted);
                       });
}

void remove_from_roster(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kRosterClass);
    if (!id) return responder.send(id.error());
    const auto student_id = row_id(request, "student_id", kStudent);
    if (!student_id) return responder.send(student_id.error());
    change_memberships(parts, std::move(request), std::move(responder),
                       [id = *id, student_id = *student_id](Visit& visit) -> RowAnswer {
                           CELLMON_PASS(bar(visit, id, Right::teach));
                           CELLMON_TRY_ASSIGN(
                               const auto student,
                               classroom::find_student(visit.connection, student_id));
                           CELLMON_TRY_ASSIGN(const bool was_there,
                                              classroom::leave(visit.connection, id, student_id));
                           if (!was_there) return refused(404, missing_text(kStudent, student_id));
                           CELLMON_TRY(visit.note("roster.remove", roster_subject(id),
                                                  fmt::format("student {}", student_id)));
                           return answered(http::json_response(200, json_of(*student)));
                       });
}

/// An export is noted as a change is: it is a copy that nobody here can take back.
void export_table(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kRosterClass);
    if (!id) return responder.send(id.error());
    change_memberships(
        parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
            CELLMON_PASS(bar(visit, id, Right::assist));
            CELLMON_TRY_ASSIGN(const auto rows,
                               classroom::list_roster(visit.connection, id, kWholeTable));
            CELLMON_TRY(visit.note("roster.export", roster_subject(id)));
            return answered(csv_response(roster_csv(rows), fmt::format("roster-{}.csv", id)));
        });
}

Response table_refusal(const std::vector<RowFault>& faults) {
    Issues issues;
    for (const RowFault& fault : faults) {
        std::string field;
        http::append_json_string(field, fault.field);
        std::string loc = R"("body")";
        if (fault.line > 0) loc += fmt::format(",{}", fault.line);
        if (!fault.field.empty()) loc += ',' + field;
        issues.add("value_error", loc, "Value error, " + fault.reason, "null");
    }
    return issues.refusal();
}

void import_table(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kRosterClass);
    if (!id) return responder.send(id.error());
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, id = *id](const Request& asked) {
                  if (auto refusal = too_large(asked, parts.limits.body_bytes)) return *refusal;
                  const auto lines = read_roster(asked.body, parts.limits.roster_rows);
                  if (!lines) return table_refusal(lines.error());
                  auto answer = transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
                      CELLMON_TRY_ASSIGN(Visit visit, Visit::of(c, asked, parts.clock.now_us()));
                      CELLMON_PASS(bar(visit, id, Right::teach));
                      CELLMON_TRY_ASSIGN(const auto outcome,
                                         classroom::import_roster(c, id, *lines, visit.now));
                      CELLMON_TRY(visit.note(
                          "roster.import", roster_subject(id),
                          fmt::format("{} lines, {} students added, {} enrolled", lines->size(),
                                      outcome.students_added, outcome.enrolled)));
                      return answered(http::json_response(200, json_of(outcome)));
                  });
                  parts.sights.note_change();
                  return answer;
              });
}

}  // namespace

void add_roster_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::get, "/api/v1/classes/{class_id}/students", list_roster);
    mount(Method::post, "/api/v1/classes/{class_id}/students", add_to_roster);
    mount(Method::delete_, "/api/v1/classes/{class_id}/students/{student_id}", remove_from_roster);
    mount(Method::get, "/api/v1/classes/{class_id}/roster.csv", export_table);
    mount(Method::post, "/api/v1/classes/{class_id}/roster.csv", import_table);
}

}  // namespace cellmon::api
