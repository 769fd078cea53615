#pragma once

#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "api/body_fields.hpp"
#include "classroom/class_limits.hpp"
#include "classroom/notebook_snapshots.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "notebook/merge.hpp"
#include "notebook/notebook.hpp"

namespace cellmon::api {

// The bodies of notebook versions, read whole; the error is the answer to send.

/// 413 for a version that comes to so many bytes; nullopt: go on.
[[nodiscard]] std::optional<http::Response> too_large_version(std::size_t bytes,
                                                              const classroom::ClassLimits& limits);

/// POST …/snapshot, whose path stands in the query.
struct SnapshotInput {
    std::string path;
    notebook::Notebook notebook;
    classroom::Author author;

    static tl::expected<SnapshotInput, http::Response> read(const http::Request& request,
                                                            const classroom::ClassLimits& limits);
};

/// What commits and merges have in common.
struct CommitInput {
    std::string path;
    std::string message;
    classroom::Author author;
    std::string branch;
    std::string metadata = "{}";

    /// The version that the branch must be at; nullopt: any.
    std::optional<std::string> parent;

    void read_common(BodyFields& fields);
};

/// POST …/commit, of a snapshot that was taken.
struct SnapshotCommitInput : CommitInput {
    std::string snapshot_id;

    static tl::expected<SnapshotCommitInput, http::Response> read(const http::Request& request);
};

/// POST …/commit-direct.
struct DirectCommitInput : CommitInput {
    notebook::Notebook notebook;

    static tl::expected<DirectCommitInput, http::Response> read(
        const http::Request& request, const classroom::ClassLimits& limits);
};

/// POST …/branch.
struct BranchInput {
    std::string path;
    std::string name;
    std::string from_version_id;
    std::string author_id;
    std::optional<std::string> description;
    std::string metadata = "{}";

    static tl::expected<BranchInput, http::Response> read(const http::Request& request);
};

/// POST …/merge: `branch` is the target.
struct MergeInput : CommitInput {
    std::string source_branch;
    notebook::Resolutions resolutions;

    static tl::expected<MergeInput, http::Response> read(const http::Request& request);
};

}  // namespace cellmon::api
