#pragma once

#include "api/account_parts.hpp"
#include "api/instructor_sockets.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// WebSocket /api/v1/instructor/ws/instructor/{instructor_id} (contract §4.3) · GET
/// /api/v1/instructor/ws/instructor/status (§3.16): who is connected, and their true status.
void add_instructor_socket_routes(http::Router& router, const AccountParts& parts,
                                  InstructorSockets& sockets);

}  // namespace cellmon::api
