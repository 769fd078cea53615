#pragma once

#include "api/sights.hpp"
#include "http/router.hpp"
#include "push/hub.hpp"

namespace cellmon::api {

/// GET /api/v1/live: the live socket (docs/reference/live.md). The others must outlive its
/// sessions.
void add_live_routes(http::Router& router, push::Hub& hub, const Sights& sights);

}  // namespace cellmon::api
