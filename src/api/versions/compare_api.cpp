// Two versions beside each other (contract §3.13).
#include "api/row_json.hpp"
#include "api/versions/commits.hpp"
#include "api/versions/version_json.hpp"
#include "api/versions/version_routes.hpp"
#include "base/assert.hpp"

namespace cellmon::api {
namespace {

using http::Request;
using http::Responder;

void compare_versions(const VersionParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        CELLMON_HELD(const auto from,
                     held_version(visit, visit.request.path_value("from_version_id"), Hold::read));
        CELLMON_HELD(const auto to,
                     held_version(visit, visit.request.path_value("to_version_id"), Hold::read));
        CELLMON_TRY_ASSIGN(const auto before,
                           classroom::find_snapshot(visit.connection, from.version.snapshot_id));
        CELLMON_TRY_ASSIGN(const auto after,
                           classroom::find_snapshot(visit.connection, to.version.snapshot_id));
        CELLMON_ASSERT(before && after);
        CELLMON_TRY_ASSIGN(const auto diff, compare(visit, &*before, *after));
        return answered(http::json_response(
            200, RowJson()
                     .text("message", "Versions compared successfully")
                     .json("comparison", comparison_json(from.version, to.version, diff, visit.now))
                     .text("from_version_id", from.version.version_id)
                     .text("to_version_id", to.version.version_id)
                     .offset_time("compared_at", visit.now)
                     .end()));
    });
}

}  // namespace

void add_compare_routes(http::Router& router, const VersionParts& parts) {
    VersionMount(router, parts)(http::Method::get,
                                version_path("compare/{from_version_id}/{to_version_id}"),
                                compare_versions);
}

}  // namespace cellmon::api
