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

// Rows of `teams`. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

struct Team {
    std::int64_t id = 0;
    std::string team_name;
    std::optional<std::string> description = std::nullopt;
    TimeUs created_us = 0;
    std::optional<TimeUs> updated_us = std::nullopt;
    std::int64_t version = 1;
};

/// The new id. already_exists when the name is taken.
Result<std::int64_t> add_team(sql::Connection& connection, const Team& added, TimeUs now);
Result<std::optional<Team>> find_team(sql::Connection& connection, std::int64_t id);

/// By id.
Result<std::vector<Team>> list_teams(sql::Connection& connection, sql::Page page);

/// Writes the whole row, and counts its version up.
Result<void> store_team(sql::Connection& connection, const Team& changed, TimeUs now);

/// Whether a student in it is in a class that the account does not teach as an instructor.
Result<bool> team_is_used_by_others(sql::Connection& connection, std::int64_t id,
                                    std::int64_t account_id);

/// reference while students are in it.
Result<void> remove_team(sql::Connection& connection, std::int64_t id);

}  // namespace cellmon::classroom
