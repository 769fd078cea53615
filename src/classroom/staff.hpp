#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/role.hpp"
#include "sql/connection.hpp"

// Who teaches a class: rows of `class_staff`. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

struct StaffMember {
    std::int64_t account_id = 0;
    std::string email;
    std::string name;
    Role role = Role::instructor;  ///< In this class: assistant or instructor.
    TimeUs added_us = 0;
};

/// What the account is in the class; nullopt when it does not teach there.
Result<std::optional<Role>> staff_role(sql::Connection& connection, std::int64_t class_id,
                                       std::int64_t account_id);

/// By account.
Result<std::vector<StaffMember>> list_staff(sql::Connection& connection, std::int64_t class_id);

/// Adds the account, or gives it another role. `role` is assistant or instructor. reference when
/// there is no such account.
Result<void> put_staff(sql::Connection& connection, std::int64_t class_id, std::int64_t account_id,
                       Role role, TimeUs now);

/// False when it did not teach there.
Result<bool> remove_staff(sql::Connection& connection, std::int64_t class_id,
                          std::int64_t account_id);

}  // namespace cellmon::classroom
