#pragma once

#include "api/sights.hpp"
#include "api/worker.hpp"
#include "http/router.hpp"
#include "ingest/ingest.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"

namespace cellmon::api {

/// What the routes of events stand on; all must outlive the last request.
struct EventsParts {
    ingest::Ingest& ingest;
    const journal::Journal& journal;
    io::FileSystem& files;
    Worker& worker;  ///< Reads the journal.
    const Sights& sights;
};

/// POST /api/v1/events · GET /api/v1/events/export.
void add_events_routes(http::Router& router, const EventsParts& parts);

}  // namespace cellmon::api
