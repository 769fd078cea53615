// What there is of versions (contract §3.13).
#include <algorithm>

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

using classroom::NotebookHistory;
using classroom::Snapshot;
using classroom::Version;
using http::Method;
using http::Request;
using http::Responder;

/// The versions of a page without what they hold.
Result<std::string> versions_json(const Visit& visit, const NotebookHistory& history,
                                  const std::vector<Version>& versions) {
    std::vector<std::int64_t> ids;
    for (const Version& version : versions)
        ids.push_back(version.snapshot_id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    CELLMON_TRY_ASSIGN(const auto snapshots, classroom::snapshots_of(visit.connection, ids));
    std::vector<std::string> list;
    for (const Version& version : versions) {
        const auto snapshot =
            std::find_if(snapshots.begin(), snapshots.end(),
                         [&](const Snapshot& one) { return one.id == version.snapshot_id; });
        list.push_back(
            version_json(version, history, snapshot_json(*snapshot, history, nullptr), nullptr));
    }
    return json_list(list);
}

Result<std::string> history_json(const Visit& visit, const NotebookHistory& history,
                                 sql::Page page) {
    CELLMON_TRY_ASSIGN(auto versions, classroom::list_versions(visit.connection, history.id, page));
    const std::optional<std::string> newest_branch =
        versions.empty() ? std::nullopt : std::optional(versions.front().branch_text_id);
    std::reverse(versions.begin(), versions.end());
    CELLMON_TRY_ASSIGN(const std::string list, versions_json(visit, history, versions));
    CELLMON_TRY_ASSIGN(const auto branches, classroom::list_branches(visit.connection, history.id));
    std::vector<std::string> branch_list;
    for (const classroom::Branch& branch : branches)
        branch_list.push_back(branch_json(branch, history));
    CELLMON_TRY_ASSIGN(const auto totals, classroom::version_totals(visit.connection, history.id));
    CELLMON_TRY_ASSIGN(const auto tags, classroom::list_tags(visit.connection, history.id));
    return RowJson()
        .text("notebook_path", history.path)
        .offset_time("created_at", history.created_us)
        .offset_time("last_updated_at", totals.last_us.value_or(history.created_us))
        .json("versions", list)
        .json("branches", json_list(branch_list))
        .put("current_branch_id", newest_branch)
        .put("current_version_id", totals.newest)
        .put("total_versions", totals.versions)
        .put("total_branches", static_cast<std::int64_t>(branches.size()))
        .put("total_commits", totals.versions)
        .json("contributors", text_list(totals.contributors))
        .json("tags", tags_json(tags))
        .text("owner", history.owner)
        .end();
}

void read_history(const VersionParts& parts, Request&& request, Responder responder) {
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    look(parts, std::move(request), std::move(responder),
         [page = *page](Visit& visit) -> RowAnswer {
             const std::string& path = visit.request.path_value("notebook_path");
             CELLMON_HELD(const auto history, held_history(visit, path, Hold::read));
             CELLMON_TRY_ASSIGN(const std::string json, history_json(visit, history, page));
             return answered(http::json_response(
                 200, RowJson()
                          .text("message", "Version history retrieved successfully")
                          .json("history", json)
                          .text("notebook_path", history.path)
                          .offset_time("retrieved_at", visit.now)
                          .end()));
         });
}

void read_version(const VersionParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        CELLMON_HELD(const auto held,
                     held_version(visit, visit.request.path_value("version_id"), Hold::read));
        CELLMON_TRY_ASSIGN(const auto whole, whole_version(visit, held.version));
        return answered(
            http::json_response(200, RowJson()
                                         .text("message", "Version retrieved successfully")
                                         .json("version", whole_json(whole, held.history))
                                         .text("version_id", held.version.version_id)
                                         .offset_time("retrieved_at", visit.now)
                                         .end()));
    });
}

void read_latest(const VersionParts& parts, Request&& request, Responder responder) {
    const auto name =
        query_line(request, "branch_name", classroom::kBranchName, classroom::kMainBranch);
    if (!name) return responder.send(name.error());
    look(parts, std::move(request), std::move(responder),
         [name = *name](Visit& visit) -> RowAnswer {
             const std::string& path = visit.request.path_value("notebook_path");
             CELLMON_HELD(const auto history, held_history(visit, path, Hold::read));
             CELLMON_TRY_ASSIGN(const auto branch,
                                classroom::find_branch(visit.connection, history.id, name));
             if (!branch) return refused(404, "Branch " + name + " not found");
             if (!branch->head) return refused(404, "Branch " + name + " has no version");
             CELLMON_TRY_ASSIGN(const auto version,
                                classroom::find_version(visit.connection, *branch->head));
             CELLMON_TRY_ASSIGN(const auto whole, whole_version(visit, *version));
             return answered(http::json_response(
                 200, RowJson()
                          .text("message", "Latest version retrieved successfully")
                          .json("version", whole_json(whole, history))
                          .text("notebook_path", history.path)
                          .text("branch_name", name)
                          .offset_time("retrieved_at", visit.now)
                          .end()));
         });
}

void read_snapshot(const VersionParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        CELLMON_HELD(const auto held,
                     held_snapshot(visit, visit.request.path_value("snapshot_id"), Hold::read));
        CELLMON_TRY_ASSIGN(const auto cells, classroom::cells_of(visit.connection, held.snapshot));
        return answered(http::json_response(
            200, RowJson()
                     .text("message", "Snapshot retrieved successfully")
                     .json("snapshot", snapshot_json(held.snapshot, held.history, &cells))
                     .text("snapshot_id", held.snapshot.snapshot_id)
                     .offset_time("retrieved_at", visit.now)
                     .end()));
    });
}

void list_notebooks(const VersionParts& parts, Request&& request, Responder responder) {
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    look(parts, std::move(request), std::move(responder),
         [page = *page](Visit& visit) -> RowAnswer {
             CELLMON_TRY_ASSIGN(const auto lines, classroom::list_histories(
                                                      visit.connection, histories_of(visit), page));
             return content_answer(visit, histories_json(lines));
         });
}

void read_stats(const VersionParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto totals,
                           classroom::history_totals(visit.connection, histories_of(visit)));
        const auto average = [&](std::int64_t sum) {
            return totals.notebooks == 0
                       ? 0.0
                       : static_cast<double>(sum) / static_cast<double>(totals.notebooks);
        };
        const std::string stats =
            RowJson()
                .put("total_notebooks", totals.notebooks)
                .put("total_versions", totals.versions)
                .put("total_commits", totals.versions)
                .put("total_branches", totals.branches)
                // Nothing is ever cleaned up: versions stay until somebody removes them.
                .offset_time("last_cleanup", std::nullopt)
                .text("system_health", totals.versions > 0 ? "healthy" : "idle")
                .real("average_versions_per_notebook", average(totals.versions))
                .real("average_branches_per_notebook", average(totals.branches))
                .end();
        return answered(
            http::json_response(200, RowJson()
                                         .text("message", "Statistics retrieved successfully")
                                         .json("stats", stats)
                                         .offset_time("retrieved_at", visit.now)
                                         .end()));
    });
}

}  // namespace

void add_version_read_routes(http::Router& router, const VersionParts& parts) {
    VersionMount mount(router, parts);
    mount(Method::get, version_path("history/{notebook_path...}"), read_history);
    mount(Method::get, version_path("version/{version_id}"), read_version);
    mount(Method::get, version_path("latest/{notebook_path...}"), read_latest);
    mount(Method::get, version_path("snapshot/{snapshot_id}"), read_snapshot);
    mount(Method::get, version_path("notebooks"), list_notebooks);
    mount(Method::get, version_path("stats"), read_stats);
}

}  // namespace cellmon::api
