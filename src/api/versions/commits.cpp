#include "api/versions/commits.hpp"

#include <fmt/format.h>

#include "api/versions/version_json.hpp"
#include "base/assert.hpp"

namespace cellmon::api {

using classroom::Branch;
using classroom::NotebookHistory;
using classroom::Snapshot;
using classroom::Version;
using notebook::NotebookDiff;

Result<NotebookDiff> compare(const Visit& visit, const Snapshot* from, const Snapshot& to) {
    notebook::NotebookRef before;
    if (from != nullptr) {
        CELLMON_TRY_ASSIGN(before, classroom::notebook_of(visit.connection, *from));
    }
    CELLMON_TRY_ASSIGN(const auto after, classroom::notebook_of(visit.connection, to));
    const auto needed = notebook::contents_to_compare(before.cells, after.cells);
    CELLMON_TRY_ASSIGN(const auto contents, classroom::contents_of(visit.connection, needed));
    return notebook::diff_notebooks(before.cells, after.cells, contents);
}

namespace {

Result<NotebookDiff> compare_with_parent(const Visit& visit, std::optional<std::int64_t> parent_id,
                                         const Snapshot& snapshot) {
    if (!parent_id) return compare(visit, nullptr, snapshot);
    CELLMON_TRY_ASSIGN(const auto parent, classroom::find_version(visit.connection, *parent_id));
    CELLMON_ASSERT(parent.has_value());
    CELLMON_TRY_ASSIGN(const auto before,
                       classroom::find_snapshot(visit.connection, parent->snapshot_id));
    CELLMON_ASSERT(before.has_value());
    return compare(visit, &*before, snapshot);
}

}  // namespace

Result<WholeVersion> whole_version(const Visit& visit, const Version& version) {
    WholeVersion whole;
    whole.version = version;
    CELLMON_TRY_ASSIGN(const auto snapshot,
                       classroom::find_snapshot(visit.connection, version.snapshot_id));
    CELLMON_ASSERT(snapshot.has_value());
    whole.snapshot = *snapshot;
    CELLMON_TRY_ASSIGN(whole.cells, classroom::cells_of(visit.connection, *snapshot));
    CELLMON_TRY_ASSIGN(whole.diff, compare_with_parent(visit, version.parent_id, *snapshot));
    return whole;
}

std::string whole_json(const WholeVersion& whole, const NotebookHistory& history) {
    return version_json(whole.version, history,
                        snapshot_json(whole.snapshot, history, &whole.cells), &whole.diff);
}

Result<Branch> branch_to_write(const Visit& visit, const NotebookHistory& history,
                               const CommitInput& input, RandomSource& random) {
    CELLMON_TRY_ASSIGN(auto found,
                       classroom::find_branch(visit.connection, history.id, input.branch));
    if (found) return std::move(*found);
    Branch added;
    added.history_id = history.id;
    added.name = input.branch;
    added.created_by = input.author.id;
    added.created_us = visit.now;
    CELLMON_TRY_ASSIGN(const auto main, classroom::find_branch(visit.connection, history.id,
                                                               classroom::kMainBranch));
    if (main) added.branched_from = main->head;
    return classroom::add_branch(visit.connection, std::move(added), random);
}

std::optional<http::Response> moved_on(const Branch& branch, const CommitInput& input) {
    if (!input.parent || input.parent == branch.head_version_id) return std::nullopt;
    return http::error_response(
        409, branch.head_version_id
                 ? fmt::format("Branch '{}' is at version {}", branch.name, *branch.head_version_id)
                 : fmt::format("Branch '{}' has no version", branch.name));
}

Result<std::optional<http::Response>> full_history(const Visit& visit,
                                                   const NotebookHistory& history,
                                                   const classroom::ClassLimits& limits) {
    CELLMON_TRY_ASSIGN(const auto versions,
                       classroom::count_versions(visit.connection, history.id));
    if (versions < static_cast<std::int64_t>(limits.notebook_versions)) {
        return std::optional<http::Response>();
    }
    return std::optional(http::error_response(
        409, fmt::format("notebook_path: the notebook has {} versions, as many as "
                         "classroom.notebook_versions allows",
                         versions)));
}

Result<Version> commit(const Visit& visit, const Branch& branch, const Snapshot& snapshot,
                       const CommitInput& input, std::optional<std::int64_t> merged,
                       RandomSource& random) {
    Version added;
    added.history_id = branch.history_id;
    added.branch_id = branch.id;
    added.parent_id = branch.head;
    added.merged_id = merged;
    added.snapshot_id = snapshot.id;
    added.message = input.message;
    added.author = input.author;
    added.created_us = visit.now;
    added.metadata = input.metadata;
    CELLMON_TRY_ASSIGN(const auto diff, compare_with_parent(visit, branch.head, snapshot));
    added.counts = diff.counts;
    return classroom::add_version(visit.connection, std::move(added), random);
}

std::string subject_of(const NotebookHistory& history) {
    return history.owner.empty() ? fmt::format("notebook {}", history.path)
                                 : fmt::format("notebook {} {}", history.path, history.owner);
}

}  // namespace cellmon::api
