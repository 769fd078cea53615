// Notebooks that assignments are about, known by their paths as events have them.
#include <fmt/format.h>

#include "api/class_resource.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::Notebook;
using Presence = BodyFields::Presence;

struct NotebookInput {
    std::optional<std::string> path;
    std::optional<std::string> name;

    static NotebookInput read(BodyFields& fields, Presence presence) {
        NotebookInput input;
        input.path = fields.line("path", presence, classroom::kNotebookPath);
        input.name = fields.line("name", Presence::optional, classroom::kNotebookName);
        return input;
    }

    void apply(Notebook& row) const {
        if (path) row.path = *path;
        if (name) row.name = *name;
    }
};

std::string notebook_subject(std::int64_t id) {
    return fmt::format("notebook {}", id);
}

http::Response taken(const Notebook& row) {
    return http::error_response(409, fmt::format("Notebook '{}' already exists", row.path));
}

struct NotebookKind {
    using Input = NotebookInput;
    using Filter = NoFilter;
    static constexpr std::string_view kPath = "/api/v1/notebooks";
    static constexpr std::string_view kId = "notebook_id";
    static constexpr std::string_view kWhat = "Notebook";
    static constexpr bool kSaysWhoSees = false;

    static Result<std::vector<Notebook>> list(const Visit& visit, NoFilter, sql::Page page) {
        return classroom::list_notebooks(visit.connection, page);
    }

    /// Nobody changes one that classes of others use.
    static Found<Notebook> find(const Visit& visit, std::int64_t id, Use use) {
        CELLMON_TRY_ASSIGN(auto row, classroom::find_notebook(visit.connection, id));
        if (!row) return missing<Notebook>(kWhat, id);
        if (use != Use::read && !visit.may_everything()) {
            CELLMON_TRY_ASSIGN(const bool others, classroom::notebook_is_used_by_others(
                                                      visit.connection, id, *visit.account_id()));
            if (others) return barred<Notebook>(not_allowed());
        }
        return std::move(*row);
    }

    static RowAnswer add(const Visit& visit, const Input& input) {
        Notebook row;
        input.apply(row);
        if (!input.name) row.name = classroom::notebook_name_of(row.path);
        const auto id = classroom::add_notebook(visit.connection, row, visit.now);
        CELLMON_ROWS(id, ErrorCode::already_exists, refused(taken(row)));
        CELLMON_TRY(visit.note("notebook.create", notebook_subject(*id)));
        CELLMON_TRY_ASSIGN(const auto made, classroom::find_notebook(visit.connection, *id));
        return written_answer(201, *made);
    }

    static RowAnswer store(const Visit& visit, Notebook row, const Input& input) {
        input.apply(row);
        CELLMON_ROWS(classroom::store_notebook(visit.connection, row, visit.now),
                     ErrorCode::already_exists, refused(taken(row)));
        CELLMON_TRY(visit.note("notebook.update", notebook_subject(row.id)));
        CELLMON_TRY_ASSIGN(const auto stored, classroom::find_notebook(visit.connection, row.id));
        return written_answer(200, *stored);
    }

    static RowAnswer remove(const Visit& visit, const Notebook& row) {
        CELLMON_ROWS(classroom::remove_notebook(visit.connection, row.id), ErrorCode::reference,
                     refused(409, fmt::format("Notebook with id {} has assignments", row.id)));
        CELLMON_TRY(visit.note("notebook.delete", notebook_subject(row.id), row.path));
        return answered(http::json_response(200, json_of(row)));
    }
};

}  // namespace

void add_notebooks_routes(http::Router& router, const ClassParts& parts) {
    ClassResource<NotebookKind>::add_routes(router, parts);
}

}  // namespace cellmon::api
