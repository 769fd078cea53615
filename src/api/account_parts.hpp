#pragma once

#include <cstdint>
#include <functional>

#include "api/worker.hpp"
#include "auth/logins.hpp"
#include "auth/password.hpp"
#include "base/clock.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// What the routes of accounts stand on; all must outlive the last request.
struct AccountParts {
    auth::Logins& logins;
    sql::Database& database;
    Worker& rows;       ///< Asks the database.
    Worker& passwords;  ///< Compares and hashes passwords.
    const Clock& clock;
    auth::PasswordCost cost;

    /// Whether a session of a notebook has that row; blocks.
    std::function<Result<bool>(std::int64_t)> has_session;

    /// Tells who is connected that the status of this account is another one; blocks.
    std::function<void(std::int64_t)> status_changed;
};

}  // namespace cellmon::api
