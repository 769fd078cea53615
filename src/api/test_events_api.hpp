#pragma once

#include "api/row_parts.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// POST, GET, DELETE /api/v1/test/events/{test_id}, GET /api/v1/test/events (contract §3.3), and
/// the same with the origin's doubled segment, /api/v1/test/test/events.
void add_test_events_routes(http::Router& router, const RowParts& parts);

}  // namespace cellmon::api
