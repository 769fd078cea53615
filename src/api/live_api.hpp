#pragma once

#include "http/router.hpp"
#include "push/hub.hpp"

namespace cellmon::api {

/// GET /api/v1/live: the live socket (docs/reference/live.md). The hub must outlive its sessions.
void add_live_routes(http::Router& router, push::Hub& hub);

}  // namespace cellmon::api
