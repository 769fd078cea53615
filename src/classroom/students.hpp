#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/classes.hpp"
#include "sql/conditions.hpp"
#include "sql/connection.hpp"

// Rows of `students`: people who work in notebooks, known by their address, whether or not they
// have an account. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

struct Student {
    std::int64_t id = 0;
    std::string email;  ///< As events have it; compared without regard to case (ASCII).
    std::string name;
    std::optional<std::int64_t> team_id = std::nullopt;
    std::optional<std::string> team_name =
        std::nullopt;  ///< Read with the row, not written with it.
    TimeUs created_us = 0;
    std::optional<TimeUs> updated_us = std::nullopt;
    std::int64_t version = 1;
};

/// What may stand for a student: events take more addresses than a mailbox could have, so this asks
/// only for something on both sides of one `@`, without white space. ErrorCode::invalid says why.
[[nodiscard]] Result<void> check_student_email(std::string_view email);

/// The new id. already_exists when the address is taken, reference for an unknown team.
Result<std::int64_t> add_student(sql::Connection& connection, const Student& added, TimeUs now);
Result<std::optional<Student>> find_student(sql::Connection& connection, std::int64_t id);
Result<std::optional<Student>> find_student(sql::Connection& connection, std::string_view email);

/// Students of the scope's classes, by id; each once.
Result<std::vector<Student>> list_students(sql::Connection& connection, const Scope& scope,
                                           sql::Page page);

/// Writes the whole row, and counts its version up.
Result<void> store_student(sql::Connection& connection, const Student& changed, TimeUs now);

/// reference while the student is in a class or has submissions.
Result<void> remove_student(sql::Connection& connection, std::int64_t id);

/// How far an account teaches a student.
struct Teaching {
    bool any = false;    ///< A class that the student is in, be it as an assistant.
    bool every = false;  ///< All classes that the student is in, at least one, as an instructor.
};
Result<Teaching> teaching_of(sql::Connection& connection, std::int64_t account_id,
                             std::int64_t student_id);

/// A row that begins with kStudentColumns, of `students s LEFT JOIN teams t`.
inline constexpr std::string_view kStudentColumns =
    "s.id, s.email, s.name, s.team_id, t.team_name, s.created_us, s.updated_us, s.version";
[[nodiscard]] Student student_of(const sql::Row& row);

}  // namespace cellmon::classroom
