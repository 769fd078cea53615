#pragma once

#include <span>

#include "sql/migrations.hpp"

namespace cellmon::classroom {

/// Every step of the classroom's schema, in order: docs/reference/accounts.md has the tables.
[[nodiscard]] std::span<const sql::Migration> schema();

}  // namespace cellmon::classroom
