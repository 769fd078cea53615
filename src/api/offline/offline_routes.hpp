#pragma once

#include "api/offline/offline_sync.hpp"
#include "api/row_parts.hpp"
#include "api/worker.hpp"
#include "base/random.hpp"
#include "http/router.hpp"
#include "ingest/ingest.hpp"

namespace cellmon::api {

/// What the routes of offline work stand on; all must outlive the last request.
struct OfflineParts : RowParts {
    OfflineSync& sync;
    Worker& worker;  ///< Waits for the database and the journal.
    ingest::Ingest& ingest;
    RandomSource& random;
};

/// POST /api/v1/offline/queue, …/sync, …/bulk, GET …/status, …/failed-events, DELETE …/clear
/// (contract §3.14, docs/reference/offline.md).
void add_offline_routes(http::Router& router, const OfflineParts& parts);

void add_offline_queue_routes(http::Router& router, const OfflineParts& parts);
void add_offline_bulk_routes(http::Router& router, const OfflineParts& parts);

}  // namespace cellmon::api
