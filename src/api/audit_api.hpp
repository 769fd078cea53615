#pragma once

#include "api/look_log.hpp"
#include "api/worker.hpp"
#include "http/router.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// What the route of the audit log stands on; all must outlive the last request.
struct AuditParts {
    sql::Database& database;
    Worker& rows;  ///< Asks the database.
    LookLog& looks;
};

/// GET /api/v1/admin/audit: who saw and changed what, newest first; `before` (an id), `limit`,
/// `account` (an address), `subject`.
void add_audit_routes(http::Router& router, const AuditParts& parts);

}  // namespace cellmon::api
