#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/role.hpp"
#include "sql/connection.hpp"

// What instructors do just now, and what they did: the status in `instructors`, and
// `instructor_status_history`. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

struct StatusPeriod {
    std::int64_t id = 0;
    std::int64_t instructor_id = 0;
    Status status = Status::offline;
    std::optional<std::int64_t> session_id;
    TimeUs started_us = 0;
    std::optional<TimeUs> ended_us;                ///< nullopt: it goes on.
    std::optional<std::int64_t> duration_minutes;  ///< Whole ones, of a period that has ended.
};

/// Ends the period that goes on, begins a new one and writes the account's row (contract §3.7):
/// `available` and `in_session` also count as a login. False when there is no such account.
Result<bool> set_status(sql::Connection& connection, std::int64_t instructor_id, Status status,
                        std::optional<std::int64_t> session_id, TimeUs now);

/// Newest first.
Result<std::vector<StatusPeriod>> status_history(sql::Connection& connection,
                                                 std::int64_t instructor_id, std::uint64_t skip,
                                                 std::uint64_t limit);

}  // namespace cellmon::classroom
