#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/accounts.hpp"
#include "sql/connection.hpp"

// Who is logged in: rows of `access_tokens` and `refresh_tokens`. What is stored of a token does
// not let anybody make it. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

/// Tokens as they are stored: the id (`jti`) of an access token, the SHA-256 of a refresh token.
/// `login` is the same in all tokens that came out of one login.
struct NewTokens {
    std::int64_t account_id = 0;
    std::string login;
    std::string access_id;
    TimeUs access_expires_us = 0;
    std::string refresh_hash;
    TimeUs refresh_expires_us = 0;
};

Result<void> add_tokens(sql::Connection& connection, const NewTokens& tokens);

/// The account that the access token is good for just now: issued, not expired, not revoked, and
/// the account is active.
Result<std::optional<Account>> account_of_token(sql::Connection& connection,
                                                std::string_view access_id, TimeUs now);

struct RefreshUse {
    std::optional<Account> account;  ///< nullopt: the token is worth nothing.
    std::string login;
    bool stolen = false;  ///< It was used before: the whole login was ended.
};

/// Uses a refresh token up. A second use of the same one ends the login it came from: one of the
/// two that have it is not who they say they are.
Result<RefreshUse> use_refresh_token(sql::Connection& connection, std::string_view refresh_hash,
                                     TimeUs now);

/// Ends the login of that access token.
Result<void> end_login(sql::Connection& connection, std::string_view access_id);

/// Ends all logins of an account, but for the one that `kept_access_id` belongs to.
Result<void> end_logins(sql::Connection& connection, std::int64_t account_id,
                        std::string_view kept_access_id = {});

/// Removes what has expired. How many rows.
Result<std::int64_t> prune_tokens(sql::Connection& connection, TimeUs now);

}  // namespace cellmon::classroom
