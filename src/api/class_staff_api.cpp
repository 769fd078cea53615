// Who teaches a class, and the code by which students join it.
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "classroom/accounts.hpp"
#include "classroom/staff.hpp"

namespace cellmon::api {
namespace {

using classroom::Role;
using http::Method;
using http::Request;
using http::Responder;
using Presence = BodyFields::Presence;

constexpr std::string_view kStaffWhat = "Class";
constexpr std::string_view kAccount = "Instructor";

std::string class_staff_subject(std::int64_t id) {
    return fmt::format("class {}", id);
}

void list_staff(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kStaffWhat);
    if (!id) return responder.send(id.error());
    look(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, class_for(visit, id, Right::assist));
        if (!row) return refused(row.error());
        CELLMON_TRY_ASSIGN(const auto members, classroom::list_staff(visit.connection, id));
        return list_answer(visit, members);
    });
}

void put(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kStaffWhat);
    if (!id) return responder.send(id.error());
    const auto account_id = row_id(request, "instructor_id", kAccount);
    if (!account_id) return responder.send(account_id.error());
    auto fields = row_fields(request);
    if (!fields) return responder.send(std::move(fields).error());
    const auto choice = fields->choice("role", Presence::required, {"assistant", "instructor"});
    if (!fields->ok()) return responder.send(fields->refusal());
    const Role role = *choice == 0 ? Role::assistant : Role::instructor;
    change_memberships(
        parts, std::move(request), std::move(responder),
        [id = *id, account_id = *account_id, role](Visit& visit) -> RowAnswer {
            CELLMON_TRY_ASSIGN(const auto row, class_for(visit, id, Right::teach));
            if (!row) return refused(row.error());
            CELLMON_TRY_ASSIGN(const auto account,
                               classroom::find_account(visit.connection, account_id));
            if (!account) return refused(404, missing_text(kAccount, account_id));
            if (account->role < role) {
                return refused(409, "The role of that account does not reach");
            }
            if (row->owner_id == account_id && role != Role::instructor) {
                return refused(409, "The owner of a class is its instructor");
            }
            CELLMON_TRY(classroom::put_staff(visit.connection, id, account_id, role, visit.now));
            CELLMON_TRY(visit.note("class.staff", class_staff_subject(id),
                                   fmt::format("instructor {} is {}", account_id, name_of(role))));
            CELLMON_TRY_ASSIGN(const auto members, classroom::list_staff(visit.connection, id));
            return answered(http::json_response(200, list_json(members)));
        });
}

void remove_staff(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kStaffWhat);
    if (!id) return responder.send(id.error());
    const auto account_id = row_id(request, "instructor_id", kAccount);
    if (!account_id) return responder.send(account_id.error());
    change_memberships(
        parts, std::move(request), std::move(responder),
        [id = *id, account_id = *account_id](Visit& visit) -> RowAnswer {
            CELLMON_TRY_ASSIGN(const auto row, class_for(visit, id, Right::teach));
            if (!row) return refused(row.error());
            // A class that nobody teaches could be changed by admins only.
            if (row->owner_id == account_id && !visit.may_everything()) {
                return refused(409, "The owner of a class cannot be removed from it");
            }
            CELLMON_TRY_ASSIGN(const bool was_there,
                               classroom::remove_staff(visit.connection, id, account_id));
            if (!was_there) return refused(404, missing_text(kAccount, account_id));
            CELLMON_TRY(visit.note("class.staff", class_staff_subject(id),
                                   fmt::format("instructor {} removed", account_id)));
            CELLMON_TRY_ASSIGN(const auto members, classroom::list_staff(visit.connection, id));
            return answered(http::json_response(200, list_json(members)));
        });
}

void read_code(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kStaffWhat);
    if (!id) return responder.send(id.error());
    look(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, class_for(visit, id, Right::teach));
        if (!row) return refused(row.error());
        return answered(http::json_response(200, join_code_json(*row)));
    });
}

/// A new code, or none: the old one is worth nothing from now on.
void set_code(const ClassParts& parts, Request&& request, Responder responder,
              const std::optional<std::string>& code) {
    const auto id = row_id(request, "class_id", kStaffWhat);
    if (!id) return responder.send(id.error());
    change(parts, std::move(request), std::move(responder),
           [id = *id, code](Visit& visit) -> RowAnswer {
               CELLMON_TRY_ASSIGN(auto row, class_for(visit, id, Right::teach));
               if (!row) return refused(row.error());
               row->join_code = code;
               CELLMON_TRY(classroom::store_class(visit.connection, *row, visit.now));
               CELLMON_TRY(visit.note("class.join_code", class_staff_subject(id),
                                      code ? "made" : "removed"));
               return answered(http::json_response(200, join_code_json(*row)));
           });
}

void make_code(const ClassParts& parts, Request&& request, Responder responder) {
    set_code(parts, std::move(request), std::move(responder),
             classroom::make_join_code(parts.random));
}

void remove_code(const ClassParts& parts, Request&& request, Responder responder) {
    set_code(parts, std::move(request), std::move(responder), std::nullopt);
}

}  // namespace

void add_class_staff_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::get, "/api/v1/classes/{class_id}/staff", list_staff);
    mount(Method::put, "/api/v1/classes/{class_id}/staff/{instructor_id}", put);
    mount(Method::delete_, "/api/v1/classes/{class_id}/staff/{instructor_id}", remove_staff);
    mount(Method::get, "/api/v1/classes/{class_id}/join-code", read_code);
    mount(Method::post, "/api/v1/classes/{class_id}/join-code", make_code);
    mount(Method::delete_, "/api/v1/classes/{class_id}/join-code", remove_code);
}

}  // namespace cellmon::api
