#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/classes.hpp"
#include "sql/conditions.hpp"
#include "sql/connection.hpp"

// Rows of `assignment_submissions`. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

struct Submission {
    std::int64_t id = 0;
    std::int64_t assignment_id = 0;
    std::int64_t student_id = 0;
    std::int64_t attempt = 1;  ///< Of this student at this assignment, from 1.
    std::string status = "submitted";
    std::optional<double> grade = std::nullopt;
    std::optional<std::string> feedback = std::nullopt;
    TimeUs submitted_us = 0;
    std::int64_t version = 1;

    // Read with the row, not written with it.
    std::int64_t class_id = 0;
    bool is_late = false;  ///< By the due date as it is now: moving it forgives.
};

/// The number that the next attempt of the student has.
Result<std::int64_t> next_attempt(sql::Connection& connection, std::int64_t assignment_id,
                                  std::int64_t student_id);

/// The new id. already_exists when there is this attempt, reference for an unknown assignment or
/// student. A grade in it is not in the history yet (grades.hpp).
Result<std::int64_t> add_submission(sql::Connection& connection, const Submission& added);
Result<std::optional<Submission>> find_submission(sql::Connection& connection, std::int64_t id);

/// By id.
Result<std::vector<Submission>> list_submissions(sql::Connection& connection, const Scope& scope,
                                                 std::optional<std::int64_t> assignment_id,
                                                 std::optional<std::int64_t> student_id,
                                                 sql::Page page);

/// Writes the whole row, and counts its version up. As add_submission otherwise.
Result<void> store_submission(sql::Connection& connection, const Submission& changed);

/// The history of its grades goes with it.
Result<void> remove_submission(sql::Connection& connection, std::int64_t id);

}  // namespace cellmon::classroom
