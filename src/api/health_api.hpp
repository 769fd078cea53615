#pragma once

#include <cstddef>
#include <functional>

#include "api/projections_api.hpp"
#include "base/clock.hpp"
#include "http/router.hpp"
#include "journal/journal.hpp"

namespace cellmon::api {

/// Open sockets, by what is said on them.
struct SocketCounts {
    std::size_t live = 0;       ///< `/api/v1/live`.
    std::size_t dashboard = 0;  ///< `/api/v1/dashboard/ws/dashboard`.
};

/// What the health is made of. All but the functions must outlive the router.
struct HealthParts {
    const journal::Journal& journal;
    ProjectionStatuses statuses;
    std::function<SocketCounts()> sockets;
    const Clock& clock;
};

/// GET /api/v1/health, …/simple, …/ready, …/live (contract §3.4) and /health/ready. Healthy or
/// degraded (200) while ingest works, 503 only when it does not.
void add_health_routes(http::Router& router, HealthParts parts);

}  // namespace cellmon::api
