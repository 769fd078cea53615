// Notebooks that assignments are about, known by their paths as events have them.
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::Notebook;
using http::Method;
using http::Request;
using http::Responder;
using Presence = BodyFields::Presence;

constexpr std::string_view kId = "notebook_id";
constexpr std::string_view kWhat = "Notebook";

struct Input {
    std::optional<std::string> path;
    std::optional<std::string> name;

    void apply(Notebook& row) const {
        if (path) row.path = *path;
        if (name) row.name = *name;
    }
};

tl::expected<Input, http::Response> read_input(const Request& request, Presence presence) {
    auto fields = row_fields(request);
    if (!fields) return tl::unexpected(std::move(fields).error());
    Input input;
    input.path = fields->line("path", presence, classroom::kNotebookPath);
    input.name = fields->line("name", Presence::optional, classroom::kNotebookName);
    if (!fields->ok()) return tl::unexpected(fields->refusal());
    return input;
}

std::string subject(std::int64_t id) {
    return fmt::format("notebook {}", id);
}

http::Response taken(const Notebook& row) {
    return http::error_response(409, fmt::format("Notebook '{}' already exists", row.path));
}

/// The row, for a change: not of one that classes of others use.
Result<tl::expected<Notebook, http::Response>> find_to_change(const Visit& visit, std::int64_t id) {
    using Found = tl::expected<Notebook, http::Response>;
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_notebook(visit.connection, id));
    if (!row) {
        return Found(tl::unexpected(http::error_response(404, missing_text(kWhat, id))));
    }
    if (!visit.may_everything()) {
        CELLMON_TRY_ASSIGN(const bool others, classroom::notebook_is_used_by_others(
                                                  visit.connection, id, *visit.account_id()));
        if (others) return Found(tl::unexpected(not_allowed()));
    }
    if (auto refusal = stale(visit.request, tag_of(*row))) return Found(tl::unexpected(*refusal));
    return Found(*row);
}

void list(const ClassParts& parts, Request&& request, Responder responder) {
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    look(parts, std::move(request), std::move(responder),
         [page = *page](Visit& visit) -> RowAnswer {
             CELLMON_TRY_ASSIGN(const auto rows, classroom::list_notebooks(visit.connection, page));
             return list_answer(visit, rows);
         });
}

void create(const ClassParts& parts, Request&& request, Responder responder) {
    auto input = read_input(request, Presence::required);
    if (!input) return responder.send(std::move(input).error());
    change(parts, std::move(request), std::move(responder),
           [input = std::move(*input)](Visit& visit) -> RowAnswer {
               Notebook row;
               input.apply(row);
               if (!input.name) row.name = classroom::notebook_name_of(row.path);
               const auto id = classroom::add_notebook(visit.connection, row, visit.now);
               CELLMON_ROWS(id, ErrorCode::already_exists, refused(taken(row)));
               CELLMON_TRY(visit.note("notebook.create", subject(*id)));
               CELLMON_TRY_ASSIGN(const auto made, classroom::find_notebook(visit.connection, *id));
               return written_answer(201, *made);
           });
}

void read(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    look(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, classroom::find_notebook(visit.connection, id));
        if (!row) return refused(404, missing_text(kWhat, id));
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
               CELLMON_TRY_ASSIGN(auto row, find_to_change(visit, id));
               if (!row) return refused(row.error());
               input.apply(*row);
               CELLMON_ROWS(classroom::store_notebook(visit.connection, *row, visit.now),
                            ErrorCode::already_exists, refused(taken(*row)));
               CELLMON_TRY(visit.note("notebook.update", subject(id)));
               CELLMON_TRY_ASSIGN(const auto stored,
                                  classroom::find_notebook(visit.connection, id));
               return written_answer(200, *stored);
           });
}

void remove(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, kId, kWhat);
    if (!id) return responder.send(id.error());
    change(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto row, find_to_change(visit, id));
        if (!row) return refused(row.error());
        CELLMON_ROWS(classroom::remove_notebook(visit.connection, id), ErrorCode::reference,
                     refused(409, fmt::format("Notebook with id {} has assignments", id)));
        CELLMON_TRY(visit.note("notebook.delete", subject(id), row->path));
        return answered(http::json_response(200, json_of(*row)));
    });
}

}  // namespace

void add_notebooks_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::get, "/api/v1/notebooks", list);
    mount(Method::post, "/api/v1/notebooks", create);
    mount(Method::get, "/api/v1/notebooks/{notebook_id}", read);
    mount(Method::put, "/api/v1/notebooks/{notebook_id}", update);
    mount(Method::delete_, "/api/v1/notebooks/{notebook_id}", remove);
}

}  // namespace cellmon::api
