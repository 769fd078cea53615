#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cellmon::postgres {

/// A statement of ours as PostgreSQL reads it.
struct StatementText {
    std::string sql;
    std::size_t parameters = 0;
};

/// Each `?` becomes `$1`, `$2`, … in its order, and `?3` becomes `$3`; quoted texts stay as they
/// are.
[[nodiscard]] StatementText with_numbered_parameters(std::string_view sql);

/// Whether `table` stands behind FROM, JOIN, INTO or UPDATE.
[[nodiscard]] bool names_table(std::string_view sql, std::string_view table);

}  // namespace cellmon::postgres
