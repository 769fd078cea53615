#pragma once

#include <functional>

#include "api/projections_api.hpp"
#include "base/clock.hpp"
#include "http/router.hpp"
#include "journal/journal.hpp"

namespace cellmon::api {

/// GET /api/v1/health, …/simple, …/ready, …/live (contract §3.4) and /health/ready. Healthy or
/// degraded (200) while ingest works, 503 only when it does not.
void add_health_routes(http::Router& router, const journal::Journal& journal,
                       ProjectionStatuses statuses, const Clock& clock);

}  // namespace cellmon::api
