#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/students.hpp"
#include "sql/conditions.hpp"
#include "sql/connection.hpp"

// Which students are in which class: rows of `student_classes`. Each function is a part of the
// caller's transaction.
namespace cellmon::classroom {

struct RosterEntry {
    Student student;
    TimeUs joined_us = 0;
};

/// By id of the student.
Result<std::vector<RosterEntry>> list_roster(sql::Connection& connection, std::int64_t class_id,
                                             sql::Page page);

Result<bool> is_on_roster(sql::Connection& connection, std::int64_t class_id,
                          std::int64_t student_id);
Result<std::int64_t> roster_size(sql::Connection& connection, std::int64_t class_id);

/// False when the student is in the class already. reference when there is no such student.
Result<bool> enrol(sql::Connection& connection, std::int64_t class_id, std::int64_t student_id,
                   TimeUs now);

/// False when the student is not in the class. Submissions stay.
Result<bool> leave(sql::Connection& connection, std::int64_t class_id, std::int64_t student_id);

/// A line of a roster as it comes in.
struct RosterLine {
    std::string email;
    std::string name;
    std::string team;  ///< Empty: none.
};

struct RosterOutcome {
    std::int64_t students_added = 0;
    std::int64_t students_changed = 0;
    std::int64_t enrolled = 0;  ///< Were not in the class before.
    std::int64_t total = 0;     ///< In the class afterwards.
};

/// Brings all of the lines into the class, making students and teams that do not exist. A student
/// who is there already gets the name and team of the line where it has one, unless the student is
/// in another class too: who teaches one class does not rename the students of others. Nobody is
/// removed. No address may come twice.
Result<RosterOutcome> import_roster(sql::Connection& connection, std::int64_t class_id,
                                    std::span<const RosterLine> lines, TimeUs now);

}  // namespace cellmon::classroom
