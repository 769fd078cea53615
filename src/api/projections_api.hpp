#pragma once

#include <functional>
#include <vector>

#include "http/router.hpp"
#include "projection/status.hpp"

namespace cellmon::api {

using ProjectionStatuses = std::function<std::vector<projection::ProjectionStatus>()>;

/// GET /api/v1/projections: cursor, lag, state and last error of each. `statuses` is called by I/O
/// threads.
void add_projections_routes(http::Router& router, ProjectionStatuses statuses);

}  // namespace cellmon::api
