#pragma once

#include "api/worker.hpp"
#include "http/router.hpp"
#include "ingest/ingest.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"

namespace cellmon::api {

/// POST /api/v1/events · GET /api/v1/events/export.
void add_events_routes(http::Router& router, ingest::Ingest& ingest,
                       const journal::Journal& journal, io::FileSystem& files, Worker& worker);

}  // namespace cellmon::api
