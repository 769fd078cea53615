#pragma once

#include <functional>

#include "api/sights.hpp"
#include "api/worker.hpp"
#include "auth/login_limits.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "classroom/class_limits.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// What the routes of classes stand on; all must outlive the last request.
struct ClassParts {
    sql::Database& database;
    Worker& rows;  ///< Asks the database.
    auth::RateLimit& joins;
    const Clock& clock;
    RandomSource& random;
    classroom::ClassLimits limits;
    std::function<void()> keys_changed;  ///< Has this server look at the class keys anew; blocks.
    Sights& sights;
};

}  // namespace cellmon::api
