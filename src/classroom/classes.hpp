#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "privacy/consent.hpp"
#include "sql/conditions.hpp"
#include "sql/connection.hpp"

// Rows of `classes`. Each function is a part of the caller's transaction; errors are those of
// sql::Connection.
namespace cellmon::classroom {

struct Class {
    std::int64_t id = 0;
    std::string name;
    std::string class_code;
    std::optional<std::string> description = std::nullopt;
    std::optional<std::int64_t> owner_id =
        std::nullopt;  ///< nullopt: made by nobody who was logged in.
    bool is_active = true;
    std::optional<std::string> join_code = std::nullopt;  ///< nullopt: nobody can join by a code.
    TimeUs created_us = 0;
    std::optional<TimeUs> updated_us = std::nullopt;
    std::int64_t version = 1;  ///< One more with each change of the row.
    /// To which level it lowers the consent of its students; nullopt: it does not.
    std::optional<privacy::Consent> consent = std::nullopt;
};

/// Whose rows a list shows: those of the classes that the account teaches, or that the student is
/// in. Both nullopt: all rows.
struct Scope {
    std::optional<std::int64_t> staff_id = std::nullopt;
    std::optional<std::int64_t> student_id = std::nullopt;
};

/// The new id. already_exists when the code of the class is taken.
Result<std::int64_t> add_class(sql::Connection& connection, const Class& added, TimeUs now);

Result<std::optional<Class>> find_class(sql::Connection& connection, std::int64_t id);
Result<std::optional<Class>> find_class_by_code(sql::Connection& connection,
                                                std::string_view class_code);
Result<std::optional<Class>> find_class_by_join_code(sql::Connection& connection,
                                                     std::string_view join_code);

/// By id.
Result<std::vector<Class>> list_classes(sql::Connection& connection, const Scope& scope,
                                        sql::Page page);

/// Writes all of the row as it is given, and counts its version up. What was read of it in the same
/// transaction cannot have changed meanwhile.
Result<void> store_class(sql::Connection& connection, const Class& changed, TimeUs now);

/// Its staff and its keys go with it. reference while it has students or assignments.
Result<void> remove_class(sql::Connection& connection, std::int64_t id);

/// Eight characters that nobody mistakes for others, drawn from 2^40: what students type to join.
[[nodiscard]] std::string make_join_code(RandomSource& random);

/// As make_join_code() gave it: without spaces and hyphens, in capital letters.
[[nodiscard]] std::string normal_join_code(std::string_view typed);

}  // namespace cellmon::classroom
