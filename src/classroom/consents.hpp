#pragma once

#include "base/result.hpp"
#include "privacy/class_consents.hpp"
#include "sql/connection.hpp"

namespace cellmon::classroom {

/// To which level each class lowers the consent of its students, and whose that are by the rosters.
/// A part of the caller's transaction; errors are those of sql::Connection.
Result<privacy::ConsentRows> list_consents(sql::Connection& connection);

}  // namespace cellmon::classroom
