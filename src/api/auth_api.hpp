#pragma once

#include "api/account_parts.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// POST /api/v1/auth/login, …/refresh, …/logout · GET …/me · PUT …/password (contract §3.5; refresh
/// is ours). Passwords are compared on threads of their own.
void add_auth_routes(http::Router& router, const AccountParts& parts);

}  // namespace cellmon::api
