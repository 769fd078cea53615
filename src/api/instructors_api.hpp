#pragma once

#include "api/account_parts.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// GET, POST /api/v1/instructors · GET, PUT, DELETE /api/v1/instructors/{instructor_id} (contract
/// §3.6). Only admins make, change and deactivate accounts; everybody may change the own name. Each
/// change, and each look at others, leaves a line in the audit log, in the same transaction.
void add_instructors_routes(http::Router& router, const AccountParts& parts);

}  // namespace cellmon::api
