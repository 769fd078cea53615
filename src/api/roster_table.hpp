#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "classroom/rosters.hpp"

namespace cellmon::api {

/// `email,name,team` and a row for each student.
[[nodiscard]] std::string roster_csv(const std::vector<classroom::RosterEntry>& entries);

/// What is wrong with one row of a table.
struct RowFault {
    std::size_t line = 0;  ///< From 1; 0: the table as a whole.
    std::string field;
    std::string reason;
};

/// The rows of a roster: the first row names the columns, of which `email` must be there, `name`
/// and `team` may, and others are passed over. All faults, kMostFaults at most.
[[nodiscard]] tl::expected<std::vector<classroom::RosterLine>, std::vector<RowFault>> read_roster(
    std::string_view csv, std::size_t most_rows);

inline constexpr std::size_t kMostFaults = 100;

}  // namespace cellmon::api
