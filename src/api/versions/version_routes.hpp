#pragma once

#include <string>
#include <string_view>

#include "api/row_parts.hpp"
#include "base/random.hpp"
#include "classroom/class_limits.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// What the routes of notebook versions stand on.
struct VersionParts : RowParts {
    RandomSource& random;
    const classroom::ClassLimits& limits;
};

// The routes of notebook versions (contract §3.13, docs/reference/versions.md), one function for
// each kind. Every change leaves a line in the audit log, in the same transaction.

void add_commit_routes(http::Router& router, const VersionParts& parts);
void add_version_read_routes(http::Router& router, const VersionParts& parts);
void add_compare_routes(http::Router& router, const VersionParts& parts);
void add_branch_routes(http::Router& router, const VersionParts& parts);
void add_merge_routes(http::Router& router, const VersionParts& parts);

/// All of them.
void add_version_routes(http::Router& router, const VersionParts& parts);

using VersionMount = Mount<VersionParts>;

/// `/api/v1/notebook-version/` and what follows.
[[nodiscard]] inline std::string version_path(std::string_view rest) {
    return "/api/v1/notebook-version/" + std::string(rest);
}

}  // namespace cellmon::api
