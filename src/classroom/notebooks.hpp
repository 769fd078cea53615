#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/conditions.hpp"
#include "sql/connection.hpp"

// Rows of `notebooks`: those that assignments name. Each function is a part of the caller's
// transaction.
namespace cellmon::classroom {

struct Notebook {
    std::int64_t id = 0;
    std::string path;  ///< As events have it.
    std::string name;
    TimeUs created_us = 0;
    std::optional<TimeUs> updated_us = std::nullopt;
    std::int64_t version = 1;
};

/// The last part of the path, cut to kNotebookName.
[[nodiscard]] std::string notebook_name_of(std::string_view path);

/// The new id. already_exists when the path is taken.
Result<std::int64_t> add_notebook(sql::Connection& connection, const Notebook& added, TimeUs now);
Result<std::optional<Notebook>> find_notebook(sql::Connection& connection, std::int64_t id);

/// By id.
Result<std::vector<Notebook>> list_notebooks(sql::Connection& connection, sql::Page page);

/// Writes the whole row, and counts its version up.
Result<void> store_notebook(sql::Connection& connection, const Notebook& changed, TimeUs now);

/// Whether a class that the account does not teach as an instructor has an assignment with it.
Result<bool> notebook_is_used_by_others(sql::Connection& connection, std::int64_t id,
                                        std::int64_t account_id);

/// reference while assignments name it.
Result<void> remove_notebook(sql::Connection& connection, std::int64_t id);

}  // namespace cellmon::classroom
