#include "api/versions/version_routes.hpp"

namespace cellmon::api {

void add_version_routes(http::Router& router, const VersionParts& parts) {
    add_commit_routes(router, parts);
    add_version_read_routes(router, parts);
    add_compare_routes(router, parts);
    add_branch_routes(router, parts);
    add_merge_routes(router, parts);
}

}  // namespace cellmon::api
