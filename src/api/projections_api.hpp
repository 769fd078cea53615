#pragma once

#include <functional>
#include <vector>

#include "audit/status.hpp"
#include "http/router.hpp"
#include "projection/status.hpp"

namespace cellmon::api {

using ProjectionStatuses = std::function<std::vector<projection::ProjectionStatus>()>;
using AuditStatuses = std::function<std::vector<audit::AuditStatus>()>;

/// GET /api/v1/projections: cursor, lag, state and last error of each, and the last verdict of the
/// audits. Both are called by I/O threads.
void add_projections_routes(http::Router& router, ProjectionStatuses statuses,
                            AuditStatuses audits);

}  // namespace cellmon::api
