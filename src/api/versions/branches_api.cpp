// Branches and tags of versions, and their end (contract §3.13, and the routes that it lacks).
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/parameters.hpp"
#include "api/row_json.hpp"
#include "api/versions/commits.hpp"
#include "api/versions/version_json.hpp"
#include "api/versions/version_routes.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::Branch;
using http::Method;
using http::Request;
using http::Responder;
using Presence = BodyFields::Presence;

void create(const VersionParts& parts, Request&& request, Responder responder) {
    auto input = BranchInput::read(request);
    if (!input) return responder.send(std::move(input).error());
    change(parts, std::move(request), std::move(responder),
           [&parts, input = std::move(*input)](Visit& visit) -> RowAnswer {
               CELLMON_HELD(const auto from,
                            held_version(visit, input.from_version_id, Hold::write));
               if (from.history.path != input.path) {
                   return refused(404, fmt::format("Version {} not found", input.from_version_id));
               }
               Branch added;
               added.history_id = from.history.id;
               added.name = input.name;
               added.description = input.description;
               added.created_by = input.author_id;
               added.created_us = visit.now;
               added.branched_from = from.version.id;
               added.metadata = input.metadata;
               const auto branch =
                   classroom::add_branch(visit.connection, std::move(added), parts.random);
               CELLMON_ROWS(branch, ErrorCode::already_exists,
                            refused(409, fmt::format("Branch '{}' already exists", input.name)));
               CELLMON_TRY(visit.note("notebook.branch", subject_of(from.history), input.name));
               return answered(
                   http::json_response(201, RowJson()
                                                .text("message", "Branch created successfully")
                                                .json("branch", branch_json(*branch, from.history))
                                                .text("branch_id", branch->branch_id)
                                                .text("branch_name", branch->name)
                                                .end()));
           });
}

void read(const VersionParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        CELLMON_HELD(const auto held,
                     held_branch(visit, visit.request.path_value("branch_id"), Hold::read));
        return answered(
            http::json_response(200, RowJson()
                                         .text("message", "Branch retrieved successfully")
                                         .json("branch", branch_json(held.branch, held.history))
                                         .text("branch_id", held.branch.branch_id)
                                         .offset_time("retrieved_at", visit.now)
                                         .end()));
    });
}

void list(const VersionParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        const std::string& path = visit.request.path_value("notebook_path");
        CELLMON_HELD(const auto history, held_history(visit, path, Hold::read));
        CELLMON_TRY_ASSIGN(const auto branches,
                           classroom::list_branches(visit.connection, history.id));
        std::vector<std::string> texts;
        for (const Branch& branch : branches)
            texts.push_back(branch_json(branch, history));
        return content_answer(visit, json_list(texts));
    });
}

void list_tags(const VersionParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        const std::string& path = visit.request.path_value("notebook_path");
        CELLMON_HELD(const auto history, held_history(visit, path, Hold::read));
        CELLMON_TRY_ASSIGN(const auto tags, classroom::list_tags(visit.connection, history.id));
        return content_answer(visit, tags_json(tags));
    });
}

void add_tag(const VersionParts& parts, Request&& request, Responder responder) {
    auto fields = row_fields(request);
    if (!fields) return responder.send(std::move(fields).error());
    const auto tag = fields->line("tag", Presence::required, classroom::kTag);
    if (!fields->ok()) return responder.send(fields->refusal());
    change(
        parts, std::move(request), std::move(responder), [tag = *tag](Visit& visit) -> RowAnswer {
            CELLMON_HELD(const auto held,
                         held_version(visit, visit.request.path_value("version_id"), Hold::write));
            CELLMON_ROWS(classroom::add_tag(visit.connection, held.version, tag, visit.now),
                         ErrorCode::already_exists,
                         refused(409, fmt::format("Tag '{}' already exists", tag)));
            CELLMON_TRY(visit.note("notebook.tag", subject_of(held.history),
                                   fmt::format("{} {}", held.version.version_id, tag)));
            const std::vector<classroom::Tag> made{{tag, held.version.version_id, visit.now}};
            const std::string json = tags_json(made);
            return answered(http::json_response(201, json.substr(1, json.size() - 2)));
        });
}

void remove_tag(const VersionParts& parts, Request&& request, Responder responder) {
    change(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        CELLMON_HELD(const auto held,
                     held_version(visit, visit.request.path_value("version_id"), Hold::write));
        const std::string& tag = visit.request.path_value("tag");
        bool removed = false;
        if (is_line(tag, classroom::kTag)) {
            CELLMON_TRY_ASSIGN(removed, classroom::remove_tag(visit.connection, held.version, tag));
        }
        if (!removed) return refused(404, "Tag not found");
        CELLMON_TRY(visit.note("notebook.untag", subject_of(held.history),
                               fmt::format("{} {}", held.version.version_id, tag)));
        return answered(http::json_response(
            200, RowJson().text("tag", tag).text("version_id", held.version.version_id).end()));
    });
}

/// Also when nothing was there, as the contract has it.
void reset(const VersionParts& parts, Request&& request, Responder responder) {
    if (!is_line(request.path_value("notebook_path"), classroom::kNotebookPath)) {
        return responder.send(http::error_response(404, "Notebook not found"));
    }
    change(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        const std::string& path = visit.request.path_value("notebook_path");
        // Which makes the history of one that nobody knew: one way to ask who may.
        CELLMON_HELD(const auto history, history_to_write(visit, path));
        CELLMON_TRY_ASSIGN(const auto totals,
                           classroom::version_totals(visit.connection, history.id));
        CELLMON_TRY(classroom::remove_history(visit.connection, history));
        CELLMON_TRY(visit.note("notebook.reset", subject_of(history),
                               fmt::format("{} versions", totals.versions)));
        return answered(http::json_response(
            200,
            RowJson()
                .text("message", "Notebook version history reset successfully")
                .text("notebook_path", path)
                .offset_time("reset_at", visit.now)
                .text("warning", fmt::format("{} versions of this notebook are gone and cannot be "
                                             "brought back",
                                             totals.versions))
                .end()));
    });
}

}  // namespace

void add_branch_routes(http::Router& router, const VersionParts& parts) {
    VersionMount mount(router, parts);
    mount(Method::post, version_path("branch"), create);
    mount(Method::get, version_path("branch/{branch_id}"), read);
    mount(Method::get, version_path("branches/{notebook_path...}"), list);
    mount(Method::get, version_path("tags/{notebook_path...}"), list_tags);
    mount(Method::post, version_path("version/{version_id}/tags"), add_tag);
    mount(Method::delete_, version_path("version/{version_id}/tags/{tag}"), remove_tag);
    mount(Method::delete_, version_path("reset/{notebook_path...}"), reset);
}

}  // namespace cellmon::api
