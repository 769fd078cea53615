// Classes (contract §3.8).
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "classroom/limits.hpp"
#include "classroom/staff.hpp"

namespace cellmon::api {
namespace {

using classroom::Class;
using http::Method;
using http::Request;
using http::Responder;
using Presence = BodyFields::Presence;

constexpr std::string_view kId = "class_id";
constexpr std::string_view kWhat = "Class";

struct Input {
    std::optional<std::string> name;
    std::optional<std::string> class_code;
    Nullable<std::string> description;
    std::optional<bool> is_active;

    void apply(Class& row) const {
        if (name) row.name = *name;
        if (class_code) row.class_code = *class_code;
        description.apply(row.description);
        if (is_active) row.is_active = *is_active;
    }
};

tl::expected<Input, http::Response> read_input(const Request& request, Presence presence) {
    auto fields = row_fields(request);
    if (!fields) return tl::unexpected(std::move(fields).error());
    Input input;
    input.name = fields->line("name", presence, classroom::kClassName);
    input.class_code = fields->line("class_code", presence, classroom::kClassCode);
    input.description = fields->nullable_text("description", classroom::kDescription);
    input.is_active = fields->boolean("is_active", Presence::optional);
    if (!fields->ok()) return tl::unexpected(fields->refusal());
    return input;
}

std::string subject(std::int64_t id) {
    return fmt::format("class {}", id);
}

std::string taken(const Class& row) {
    return fmt::format("Class with code '{}' already exists", row.class_code);
}

void list(const ClassParts& parts, Request&& request, Responder responder) {
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    look(parts, std::move(request), std::move(responder),
         [page = *page](Visit& visit) -> RowAnswer {
             CELLMON_TRY_ASSIGN(const auto rows,
                                classroom::list_classes(visit.connection, visit.scope(), page));
             return list_answer(visit, rows);
         });
}

void create(const ClassParts& parts, Request&& request, Responder responder) {
    auto input = read_input(request, Presence::required);
    if (!input) return responder.send(std::move(input).error());
    change_memberships(
        parts, std::move(request), std::move(responder),
        [input = std::move(*input)](Visit& visit) -> RowAnswer {
            Class row;
            input.apply(row);
            row.owner_id = visit.account_id();
            const auto id = classroom::add_class(visit.connection, row, visit.now);
            CELLMON_ROWS(id, ErrorCode::already_exists, refused(400, taken(row)));
            if (row.owner_id) {
                CELLMON_TRY(classroom::put_staff(visit.connection, *id, *row.owner_id,
                                                 classroom::Role::instructor, visit.now));
            }
            CELLMON_TRY(visit.note("class.create", subject(*id)));
            CELLMON_TRY_ASSIGN(const auto made, classroom::find_class(visit.connection, *id));
            return written_answer(201, *made);
        });
}

void read(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    look(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_PASS(visit.bar(id, Right::own, missing_text(kWhat, id)));
        CELLMON_TRY_ASSIGN(const auto row, classroom::find_class(visit.connection, id));
        if (!row) return refused(404, missing_text(kWhat, id));
        return row_answer(visit, *row);
    });
}

void update(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    auto input = read_input(request, Presence::optional);
    if (!input) return responder.send(std::move(input).error());
    change_memberships(parts, std::move(request), std::move(responder),
                       [id = *id, input = std::move(*input)](Visit& visit) -> RowAnswer {
                           CELLMON_PASS(visit.bar(id, Right::teach, missing_text(kWhat, id)));
                           CELLMON_TRY_ASSIGN(auto row,
                                              classroom::find_class(visit.connection, id));
                           if (!row) return refused(404, missing_text(kWhat, id));
                           if (auto refusal = stale(visit.request, tag_of(*row)))
                               return refused(*refusal);
                           input.apply(*row);
                           CELLMON_ROWS(classroom::store_class(visit.connection, *row, visit.now),
                                        ErrorCode::already_exists, refused(409, taken(*row)));
                           CELLMON_TRY(visit.note("class.update", subject(id)));
                           CELLMON_TRY_ASSIGN(row, classroom::find_class(visit.connection, id));
                           return written_answer(200, *row);
                       });
}

void remove(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    change_memberships(
        parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
            CELLMON_PASS(visit.bar(id, Right::teach, missing_text(kWhat, id)));
            CELLMON_TRY_ASSIGN(const auto row, classroom::find_class(visit.connection, id));
            if (!row) return refused(404, missing_text(kWhat, id));
            if (auto refusal = stale(visit.request, tag_of(*row))) return refused(*refusal);
            CELLMON_ROWS(
                classroom::remove_class(visit.connection, id), ErrorCode::reference,
                refused(409, fmt::format("Class with id {} has students or assignments", id)));
            CELLMON_TRY(visit.note("class.delete", subject(id), "code " + row->class_code));
            return answered(http::json_response(200, json_of(*row)));
        });
}

}  // namespace

void add_classes_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::get, "/api/v1/classes", list);
    mount(Method::post, "/api/v1/classes", create);
    mount(Method::get, "/api/v1/classes/{class_id}", read);
    mount(Method::put, "/api/v1/classes/{class_id}", update);
    mount(Method::delete_, "/api/v1/classes/{class_id}", remove);
}

}  // namespace cellmon::api
