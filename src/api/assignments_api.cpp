// Assignments (contract §3.8).
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::Assignment;
using http::Method;
using http::Request;
using http::Responder;
using Presence = BodyFields::Presence;

constexpr std::string_view kId = "assignment_id";
constexpr std::string_view kWhat = "Assignment";

struct Input {
    std::optional<std::int64_t> class_id;
    std::optional<std::int64_t> notebook_id;
    std::optional<std::string> title;
    Nullable<std::string> description;
    Nullable<TimeUs> due_us;
    Nullable<double> points;

    void apply(Assignment& row) const {
        if (class_id) row.class_id = *class_id;
        if (notebook_id) row.notebook_id = *notebook_id;
        if (title) row.title = *title;
        description.apply(row.description);
        due_us.apply(row.due_us);
        points.apply(row.points);
    }
};

tl::expected<Input, http::Response> read_input(const Request& request, Presence presence) {
    auto fields = row_fields(request);
    if (!fields) return tl::unexpected(std::move(fields).error());
    Input input;
    input.class_id = fields->id("class_id", presence);
    input.notebook_id = fields->id("notebook_id", presence);
    input.title = fields->line("title", presence, classroom::kTitle);
    input.description = fields->nullable_text("description", classroom::kDescription);
    input.due_us = fields->nullable_time("due_date");
    input.points = fields->nullable_real("points", 0, classroom::kMostPoints);
    if (!fields->ok()) return tl::unexpected(fields->refusal());
    return input;
}

std::string subject(std::int64_t id) {
    return fmt::format("assignment {}", id);
}

/// Why the row cannot name that class and notebook: 422 for what is not there or not theirs, 403
/// where the caller may only look.
Result<std::optional<http::Response>> unknown_names(const Visit& visit, const Assignment& row) {
    CELLMON_TRY_ASSIGN(const Right right, visit.right_in(row.class_id));
    CELLMON_TRY_ASSIGN(const auto in, classroom::find_class(visit.connection, row.class_id));
    if (!in || right == Right::none) {
        return std::optional(unknown_id("class_id", "Class", row.class_id));
    }
    if (right < Right::teach) return std::optional(not_allowed());
    CELLMON_TRY_ASSIGN(const auto notebook,
                       classroom::find_notebook(visit.connection, row.notebook_id));
    if (!notebook) return std::optional(unknown_id("notebook_id", "Notebook", row.notebook_id));
    return std::optional<http::Response>();
}

/// The assignment, when the caller's right in its class reaches.
Result<tl::expected<Assignment, http::Response>> find(const Visit& visit, std::int64_t id,
                                                      Right least) {
    using Found = tl::expected<Assignment, http::Response>;
    const std::string missing = missing_text(kWhat, id);
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_assignment(visit.connection, id));
    if (!row) return Found(tl::unexpected(http::error_response(404, missing)));
    CELLMON_TRY_ASSIGN(auto barred, visit.bar(row->class_id, least, missing));
    if (barred) return Found(tl::unexpected(std::move(*barred)));
    return Found(*row);
}

void list(const ClassParts& parts, Request&& request, Responder responder) {
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    const auto class_id = query_id(request, "class_id");
    if (!class_id) return responder.send(class_id.error());
    look(parts, std::move(request), std::move(responder),
         [page = *page, class_id = *class_id](Visit& visit) -> RowAnswer {
             CELLMON_TRY_ASSIGN(
                 const auto rows,
                 classroom::list_assignments(visit.connection, visit.scope(), class_id, page));
             return list_answer(visit, rows);
         });
}

void create(const ClassParts& parts, Request&& request, Responder responder) {
    auto input = read_input(request, Presence::required);
    if (!input) return responder.send(std::move(input).error());
    change(parts, std::move(request), std::move(responder),
           [input = std::move(*input)](Visit& visit) -> RowAnswer {
               Assignment row;
               input.apply(row);
               CELLMON_PASS(unknown_names(visit, row));
               CELLMON_TRY_ASSIGN(const auto id,
                                  classroom::add_assignment(visit.connection, row, visit.now));
               CELLMON_TRY(visit.note("assignment.create", subject(id),
                                      fmt::format("class {}", row.class_id)));
               CELLMON_TRY_ASSIGN(const auto made,
                                  classroom::find_assignment(visit.connection, id));
               return written_answer(201, *made);
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

void update(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    auto input = read_input(request, Presence::optional);
    if (!input) return responder.send(std::move(input).error());
    change(parts, std::move(request), std::move(responder),
           [id = *id, input = std::move(*input)](Visit& visit) -> RowAnswer {
               CELLMON_TRY_ASSIGN(auto row, find(visit, id, Right::teach));
               if (!row) return refused(row.error());
               if (auto refusal = stale(visit.request, tag_of(*row))) return refused(*refusal);
               input.apply(*row);
               CELLMON_PASS(unknown_names(visit, *row));
               CELLMON_TRY(classroom::store_assignment(visit.connection, *row, visit.now));
               CELLMON_TRY(visit.note("assignment.update", subject(id)));
               CELLMON_TRY_ASSIGN(const auto stored,
                                  classroom::find_assignment(visit.connection, id));
               return written_answer(200, *stored);
           });
}

void remove(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    change(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, find(visit, id, Right::teach));
        if (!row) return refused(row.error());
        if (auto refusal = stale(visit.request, tag_of(*row))) return refused(*refusal);
        CELLMON_ROWS(classroom::remove_assignment(visit.connection, id), ErrorCode::reference,
                     refused(409, fmt::format("Assignment with id {} has submissions", id)));
        CELLMON_TRY(visit.note("assignment.delete", subject(id), "title " + row->title));
        return answered(http::json_response(200, json_of(*row)));
    });
}

}  // namespace

void add_assignments_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::get, "/api/v1/assignments", list);
    mount(Method::post, "/api/v1/assignments", create);
    mount(Method::get, "/api/v1/assignments/{assignment_id}", read);
    mount(Method::put, "/api/v1/assignments/{assignment_id}", update);
    mount(Method::delete_, "/api/v1/assignments/{assignment_id}", remove);
}

}  // namespace cellmon::api
