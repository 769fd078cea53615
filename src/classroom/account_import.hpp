#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/accounts.hpp"
#include "sql/connection.hpp"

// Many accounts at once, some hundred a statement. Each function is a part of the caller's
// transaction.
namespace cellmon::classroom {

struct ImportedAccount {
    NewAccount account;
    bool is_active = true;
};

/// Those of the addresses that have an account, by email_key().
Result<std::unordered_map<std::string, Account>> accounts_by_key(
    sql::Connection& connection, std::span<const std::string> emails);

/// Makes those whose address has no account, each with a line of the audit log from `address`; none
/// of the addresses may be there twice. The keys of those that were made.
Result<std::unordered_set<std::string>> import_accounts(sql::Connection& connection,
                                                        std::span<const ImportedAccount> accounts,
                                                        std::string_view address, TimeUs now);

}  // namespace cellmon::classroom
