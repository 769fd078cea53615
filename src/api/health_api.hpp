#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/projections_api.hpp"
#include "base/clock.hpp"
#include "http/router.hpp"
#include "journal/journal.hpp"

namespace cellmon::api {

/// The database of the classroom's rows, as the health routes show it.
struct ClassroomHealth {
    bool postgres = false;
    std::function<std::optional<std::string>()> trouble;  ///< nullopt: none. Asks nobody.
};

/// GET /api/v1/health, …/simple, …/ready, …/live (contract §3.4) and /health/ready. Healthy or
/// degraded (200) while ingest works, 503 only when it does not.
void add_health_routes(http::Router& router, const journal::Journal& journal,
                       ProjectionStatuses statuses, ClassroomHealth classroom, const Clock& clock);

}  // namespace cellmon::api
