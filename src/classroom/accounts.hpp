#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/role.hpp"
#include "sql/connection.hpp"

// Rows of `instructors`. Each function is a part of the caller's transaction; errors are those of
// sql::Connection.
namespace cellmon::classroom {

struct Account {
    std::int64_t id = 0;
    std::string email;
    std::string name;
    Role role = Role::instructor;
    std::string password_hash;  ///< For no message and no answer.
    bool is_active = true;
    Status status = Status::offline;
    std::optional<std::int64_t> current_session_id;
    TimeUs status_updated_us = 0;
    std::optional<TimeUs> last_login_us;
    TimeUs created_us = 0;
    std::optional<TimeUs> updated_us;
    std::int64_t version = 1;  ///< One more with each change of the row.
};

struct NewAccount {
    std::string email;  ///< By normal_email().
    std::string name;
    Role role = Role::instructor;
    std::string password_hash;
};

/// What is nullopt stays as it is.
struct AccountChange {
    std::optional<std::string> name = std::nullopt;
    std::optional<Role> role = std::nullopt;
    std::optional<bool> is_active = std::nullopt;
    std::optional<std::string> password_hash = std::nullopt;
};

/// Addresses are compared without regard to case.
Result<std::optional<Account>> find_account(sql::Connection& connection, std::string_view email);
Result<std::optional<Account>> find_account(sql::Connection& connection, std::int64_t id);

/// By id.
Result<std::vector<Account>> list_accounts(sql::Connection& connection, std::uint64_t skip,
                                           std::uint64_t limit, std::optional<bool> is_active);

/// The new id. already_exists when the address is taken.
Result<std::int64_t> add_account(sql::Connection& connection, const NewAccount& account,
                                 TimeUs now);

/// False when there is no such account.
Result<bool> change_account(sql::Connection& connection, std::int64_t id,
                            const AccountChange& change, TimeUs now);

/// Whether an active account other than `id` is an admin: without one nobody could make another.
Result<bool> another_admin_is_active(sql::Connection& connection, std::int64_t id);

/// A row that begins with kAccountColumns.
inline constexpr std::string_view kAccountColumns =
    "a.id, a.email, a.name, a.role, a.password_hash, a.is_active, a.status, a.current_session_id, "
    "a.status_updated_us, a.last_login_us, a.created_us, a.updated_us, a.version";
[[nodiscard]] Account account_of(const sql::Row& row);

}  // namespace cellmon::classroom
