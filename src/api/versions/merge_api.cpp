// One branch into another, which the contract's models promise and its routes lack.
#include <fmt/format.h>

#include "api/row_json.hpp"
#include "api/versions/commits.hpp"
#include "api/versions/version_json.hpp"
#include "api/versions/version_routes.hpp"
#include "base/assert.hpp"

namespace cellmon::api {
namespace {

using classroom::Branch;
using http::Request;
using http::Responder;
using http::Response;
using notebook::NotebookRef;

Result<NotebookRef> notebook_at(const Visit& visit, std::int64_t version_id) {
    CELLMON_TRY_ASSIGN(const auto version, classroom::find_version(visit.connection, version_id));
    CELLMON_ASSERT(version.has_value());
    CELLMON_TRY_ASSIGN(const auto snapshot,
                       classroom::find_snapshot(visit.connection, version->snapshot_id));
    CELLMON_ASSERT(snapshot.has_value());
    return classroom::notebook_of(visit.connection, *snapshot);
}

/// What both sides come to.
Result<notebook::Merge> join(const Visit& visit, std::optional<std::int64_t> base_id,
                             std::int64_t our_id, std::int64_t their_id,
                             const notebook::Resolutions& resolutions) {
    // Two that come from nothing in common have an empty notebook in common.
    NotebookRef base;
    if (base_id) {
        CELLMON_TRY_ASSIGN(base, notebook_at(visit, *base_id));
    }
    CELLMON_TRY_ASSIGN(const NotebookRef ours, notebook_at(visit, our_id));
    CELLMON_TRY_ASSIGN(const NotebookRef theirs, notebook_at(visit, their_id));
    const auto needed = notebook::contents_to_merge(base, ours, theirs);
    CELLMON_TRY_ASSIGN(const auto contents, classroom::contents_of(visit.connection, needed));
    return notebook::merge_notebooks(base, ours, theirs, contents, resolutions);
}

Response conflict_response(const notebook::Merge& merged) {
    return http::json_response(
        409, RowJson()
                 .text("detail",
                       fmt::format("{} conflicts; settle each in `resolutions` by its "
                                   "cell_id, `{}` or `{}`",
                                   merged.conflicts.size(), notebook::kOrder, notebook::kHeader))
                 .json("conflicts", conflicts_json(merged.conflicts))
                 .end());
}

std::string merged_json(const WholeVersion& whole, const classroom::NotebookHistory& history,
                        std::string_view message) {
    return RowJson()
        .text("message", message)
        .json("version", whole_json(whole, history))
        .text("version_id", whole.version.version_id)
        .text("version_number",
              classroom::number_text(whole.version.branch_name, whole.version.number))
        .end();
}

Held<Branch> branch_with_version(const Visit& visit, std::int64_t history_id,
                                 const std::string& name) {
    using Found = tl::expected<Branch, Response>;
    CELLMON_TRY_ASSIGN(auto branch, classroom::find_branch(visit.connection, history_id, name));
    if (branch && branch->head) return Found(std::move(*branch));
    return Found(
        tl::unexpected(http::error_response(404, fmt::format("Branch {} not found", name))));
}

RowAnswer merge_branches(const Visit& visit, const MergeInput& input, const VersionParts& parts) {
    CELLMON_HELD(const auto history, held_history(visit, input.path, Hold::write));
    CELLMON_HELD(const auto source, branch_with_version(visit, history.id, input.source_branch));
    CELLMON_HELD(const auto target, branch_with_version(visit, history.id, input.branch));
    if (auto refusal = moved_on(target, input)) return refused(std::move(*refusal));
    CELLMON_TRY_ASSIGN(const auto base, classroom::merge_base(visit.connection, history.id,
                                                              *target.head, *source.head));
    if (base == source.head) {
        CELLMON_TRY_ASSIGN(const auto newest,
                           classroom::find_version(visit.connection, *target.head));
        CELLMON_TRY_ASSIGN(const auto whole, whole_version(visit, *newest));
        return answered(http::json_response(
            200, merged_json(whole, history, "Nothing to merge: it is all there")));
    }
    CELLMON_PASS(full_history(visit, history, parts.limits));
    CELLMON_TRY_ASSIGN(const auto merged,
                       join(visit, base, *target.head, *source.head, input.resolutions));
    if (!merged.conflicts.empty()) return refused(conflict_response(merged));
    CELLMON_TRY_ASSIGN(
        const auto snapshot,
        classroom::take_snapshot(visit.connection, history.id, merged, input.author, visit.now));
    CELLMON_TRY_ASSIGN(const auto bytes, classroom::bytes_of(visit.connection, snapshot));
    if (auto refusal = too_large_version(static_cast<std::size_t>(bytes), parts.limits)) {
        return refused(std::move(*refusal));
    }
    CELLMON_TRY_ASSIGN(const auto version,
                       commit(visit, target, snapshot, input, source.head, parts.random));
    CELLMON_TRY(
        visit.note("notebook.merge", subject_of(history),
                   fmt::format("{} into {}: {}", source.name, target.name, version.version_id)));
    CELLMON_TRY_ASSIGN(const auto whole, whole_version(visit, version));
    return answered(
        http::json_response(201, merged_json(whole, history, "Branches merged successfully")));
}

void merge(const VersionParts& parts, Request&& request, Responder responder) {
    auto input = MergeInput::read(request);
    if (!input) return responder.send(std::move(input).error());
    change(parts, std::move(request), std::move(responder),
           [&parts, input = std::move(*input)](Visit& visit) -> RowAnswer {
               return merge_branches(visit, input, parts);
           });
}

}  // namespace

void add_merge_routes(http::Router& router, const VersionParts& parts) {
    VersionMount(router, parts)(http::Method::post, version_path("merge"), merge);
}

}  // namespace cellmon::api
