#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sql/migrations.hpp"

namespace cellmon::backup {

/// The tables that these steps of a schema make, in the order in which they do. The table that
/// counts the steps is not among them.
[[nodiscard]] std::vector<std::string> tables_of(std::span<const sql::Migration> steps);

}  // namespace cellmon::backup
