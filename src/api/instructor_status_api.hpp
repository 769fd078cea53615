#pragma once

#include "api/account_parts.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// GET, PUT /api/v1/instructor_status/{instructor_id} · GET …/{instructor_id}/history · POST
/// …/bulk (contract §3.7). Everybody sets the own status; an admin that of others, and sees what
/// others did.
void add_instructor_status_routes(http::Router& router, const AccountParts& parts);

}  // namespace cellmon::api
