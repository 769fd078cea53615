#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cli/store_options.hpp"
#include "io/file_system.hpp"
#include "sql/database.hpp"

namespace cellmon::cli {

/// The classroom's database, for a command that only reads it beside a server.
struct ClassroomPlace {
    SystemClock clock;
    std::unique_ptr<sql::Database> database;
};

/// DATA/classroom.db, or the PostgreSQL that is named; nullptr when there is neither.
Result<std::unique_ptr<ClassroomPlace>> open_classroom(const StoreOptions& options,
                                                       io::FileSystem& files);

}  // namespace cellmon::cli
