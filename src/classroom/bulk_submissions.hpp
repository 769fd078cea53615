#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"

namespace cellmon::classroom {

/// One submission of many. Its texts and numbers are within their limits already.
struct BulkItem {
    std::size_t index = 0;  ///< In what the client sent.
    std::int64_t assignment_id = 0;
    std::int64_t student_id = 0;

    /// Which attempt it is to be: sent a second time it is refused, and not stored as another one.
    /// nullopt: the next.
    std::optional<std::int64_t> attempt = std::nullopt;
    std::string status = "submitted";
    std::optional<double> grade = std::nullopt;
    std::optional<std::string> feedback = std::nullopt;
};

struct BulkOutcome {
    std::size_t index = 0;

    // Of what was stored.
    std::int64_t id = 0;
    std::int64_t attempt = 0;

    // Of what was not: which field, and why. `field` is empty for what was stored.
    std::string field;
    std::string reason;
};

/// What whoever asks may add to.
struct BulkRights {
    /// Assignments of that class?
    std::function<Result<bool>(sql::Connection&, std::int64_t class_id)> class_is_theirs;

    /// Only students of the class, and not anybody who is known.
    bool roster_only = false;
};

/// Stores all items that can be stored, in a number of statements that does not grow with each, and
/// says of each what became of it, in the order of `items`. Grades among them go into the history
/// with `actor_id`. A part of the caller's transaction.
Result<std::vector<BulkOutcome>> add_submissions(sql::Connection& connection,
                                                 std::span<const BulkItem> items,
                                                 std::optional<std::int64_t> actor_id,
                                                 const BulkRights& rights, TimeUs now);

}  // namespace cellmon::classroom
