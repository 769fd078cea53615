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

// Rows of `class_assignments`. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

struct Assignment {
    std::int64_t id = 0;
    std::int64_t class_id = 0;
    std::int64_t notebook_id = 0;
    std::string title;
    std::optional<std::string> description = std::nullopt;
    std::optional<TimeUs> due_us =
        std::nullopt;  ///< What is handed in later is late; nullopt: nothing is.
    std::optional<double> points = std::nullopt;
    TimeUs created_us = 0;
    std::optional<TimeUs> updated_us = std::nullopt;
    std::int64_t version = 1;
};

/// The new id. reference for an unknown class or notebook.
Result<std::int64_t> add_assignment(sql::Connection& connection, const Assignment& added,
                                    TimeUs now);
Result<std::optional<Assignment>> find_assignment(sql::Connection& connection, std::int64_t id);

/// By id.
Result<std::vector<Assignment>> list_assignments(sql::Connection& connection, const Scope& scope,
                                                 std::optional<std::int64_t> class_id,
                                                 sql::Page page);

/// Writes the whole row, and counts its version up. reference as add_assignment.
Result<void> store_assignment(sql::Connection& connection, const Assignment& changed, TimeUs now);

/// reference while there are submissions.
Result<void> remove_assignment(sql::Connection& connection, std::int64_t id);

}  // namespace cellmon::classroom
