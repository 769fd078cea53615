#pragma once

#include <string_view>

#include "base/result.hpp"

struct sqlite3;

namespace cellmon::sql {

/// What went wrong last on the connection, with the kinds of error of sql::Connection. `what` was
/// tried.
[[nodiscard]] Error sqlite_error(sqlite3* database, std::string_view what);

}  // namespace cellmon::sql
