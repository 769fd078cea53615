#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "sinks/relational/database.hpp"

namespace cellmon::relational {

/// The newest version this program knows.
[[nodiscard]] std::int64_t newest_migration();

/// Brings the tables that are not made from the journal alone (registry, projection state) to the
/// newest version, in one transaction, or finds that they are. ErrorCode::newer_format when a newer
/// program wrote the store.
Result<void> migrate(Database& database);

}  // namespace cellmon::relational
