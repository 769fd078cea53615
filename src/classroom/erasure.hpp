#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sql/connection.hpp"

// Taking a student out of the classroom's rows. Each function is a part of the caller's
// transaction, unless it says otherwise. Addresses are compared without regard to case (ASCII).
namespace cellmon::classroom {

/// What erase_student() removed.
struct ErasedClassroom {
    std::int64_t students = 0;
    std::int64_t submissions = 0;
    std::int64_t notebooks = 0;  ///< With all their versions.
    std::int64_t queued = 0;     ///< Events of the offline queue and of tests.
    std::int64_t accounts = 0;   ///< Of the role student.
    std::int64_t lines = 0;      ///< Of the audit log, which stay and name nobody.
};

/// Removes the student with all that is theirs: enrolments, submissions with their grades, notebook
/// versions with contents that nobody else has, queued events, an account of the role `student`.
/// Versions of theirs in somebody else's notebook, and lines of the audit log, stay without a name.
/// May be called again. An account of the staff is no student's: it stays.
Result<ErasedClassroom> erase_student(sql::Connection& connection, std::string_view email);

/// `students 1, offline_events 2`: tables in which a row names the address, in any column; empty
/// for none. Contents of notebooks are unpacked for that.
Result<std::string> classroom_rows_naming(sql::Connection& connection, std::string_view email);

/// Shows every text in the rows that may hold something of a person, but for the contents of
/// notebooks, which are nobody's by themselves.
Result<void> each_text(sql::Connection& connection,
                       const std::function<Result<void>(std::string_view text)>& show);

/// Writes the tables anew, so that no byte of a deleted row is left in them. Outside a transaction.
Result<void> sweep(sql::Connection& connection);

}  // namespace cellmon::classroom
