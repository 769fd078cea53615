#pragma once

#include <string>

#include "api/worker.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "http/router.hpp"
#include "io/file_system.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// What the routes of erasures stand on; all must outlive the last request.
struct ErasureParts {
    sql::Database& database;
    Worker& rows;  ///< Asks the database, and the disk.
    io::FileSystem& files;
    const Clock& clock;
    RandomSource& random;
    std::string data;  ///< The data directory.
};

/// POST /api/v1/admin/erasures: asks for a person to be erased; the server pauses for it within
/// seconds. GET: all that were asked for, the newest last, none with its person.
void add_erasure_routes(http::Router& router, const ErasureParts& parts);

}  // namespace cellmon::api
