#include "classroom/accounts.hpp"

#include <fmt/format.h>

#include "base/assert.hpp"
#include "classroom/email.hpp"

namespace cellmon::classroom {
namespace {

std::string select_account(std::string_view rest) {
    return fmt::format("SELECT {} FROM instructors a {}", kAccountColumns, rest);
}

std::optional<Account> first_account(const sql::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return account_of(rows.front());
}

std::optional<std::string_view> role_name(std::optional<Role> role) {
    if (!role) return std::nullopt;
    return name_of(*role);
}

}  // namespace

Account account_of(const sql::Row& row) {
    const auto role = role_of(row.text(3));
    const auto status = status_of(row.text(6));
    CELLMON_ASSERT(role && status);  // The schema takes no others.
    return {.id = row.integer(0),
            .email = row.text(1),
            .name = row.text(2),
            .role = *role,
            .password_hash = row.text(4),
            .is_active = row.boolean(5),
            .status = *status,
            .current_session_id = row.optional_integer(7),
            .status_updated_us = row.integer(8),
            .last_login_us = row.optional_integer(9),
            .created_us = row.integer(10),
            .updated_us = row.optional_integer(11),
            .version = row.integer(12)};
}

Result<std::optional<Account>> find_account(sql::Connection& connection, std::string_view email) {
    static const std::string kStatement = select_account("WHERE a.email_key = $1");
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(kStatement, email_key(email)));
    return first_account(rows);
}

Result<std::optional<Account>> find_account(sql::Connection& connection, std::int64_t id) {
    static const std::string kStatement = select_account("WHERE a.id = $1");
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(kStatement, id));
    return first_account(rows);
}

Result<std::vector<Account>> list_accounts(sql::Connection& connection, std::uint64_t skip,
                                           std::uint64_t limit, std::optional<bool> is_active) {
    static const std::string kAll = select_account("ORDER BY a.id LIMIT $1 OFFSET $2");
    static const std::string kSome =
        select_account("WHERE a.is_active = $3 ORDER BY a.id LIMIT $1 OFFSET $2");
    CELLMON_TRY_ASSIGN(const auto rows, is_active ? connection.run(kSome, limit, skip, *is_active)
                                                  : connection.run(kAll, limit, skip));
    std::vector<Account> accounts;
    accounts.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        accounts.push_back(account_of(row));
    return accounts;
}

Result<std::int64_t> add_account(sql::Connection& connection, const NewAccount& account,
                                 TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO instructors (email, email_key, name, role, password_hash, "
                       "is_active, status, status_updated_us, created_us, version) "
                       "VALUES ($1, $2, $3, $4, $5, TRUE, 'offline', $6, $6, 1) RETURNING id",
                       account.email, email_key(account.email), account.name, name_of(account.role),
                       account.password_hash, now));
    return rows.front().integer(0);
}

Result<bool> change_account(sql::Connection& connection, std::int64_t id,
                            const AccountChange& change, TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("UPDATE instructors SET name = coalesce($2, name), "
                       "role = coalesce($3, role), is_active = coalesce($4, is_active), "
                       "password_hash = coalesce($5, password_hash), updated_us = $6, "
                       "version = version + 1 WHERE id = $1",
                       id, change.name, role_name(change.role), change.is_active,
                       change.password_hash, now));
    return rows.changed == 1;
}

Result<bool> another_admin_is_active(sql::Connection& connection, std::int64_t id) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       connection.run("SELECT count(*) FROM instructors WHERE role = 'admin' AND "
                                      "is_active AND id <> $1",
                                      id));
    return rows.front().integer(0) > 0;
}

}  // namespace cellmon::classroom
