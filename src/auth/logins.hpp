#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "auth/options.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "classroom/accounts.hpp"
#include "classroom/sessions.hpp"
#include "sql/database.hpp"

namespace cellmon::auth {

/// Who asks, by a token that was good when the request came.
struct Caller {
    classroom::Account account;
    std::string token_id;
    std::string address;  ///< Of the client.
};

/// What a login or a refresh gives. Both texts are secrets of the client.
struct Issued {
    classroom::Account account;
    std::string access_token;
    std::string refresh_token;
    std::int64_t expires_in_s = 0;
};

/// Logging in, staying in, and leaving. Any thread; but for login_wait_us() every call blocks on
/// the database, and login() and change_password() also take the time of a password (they are
/// for the threads of passwords).
///
/// Errors: permission (wrong password, no such account, deactivated, a token that is worth nothing:
/// which of them is not said), invalid (a new password that is too short), unavailable, and the
/// others of sql::Database.
class Logins {
  public:
    struct Dependencies {
        sql::Database& database;
        const Clock& clock;
        RandomSource& random;
    };

    /// `options.secret` is the one to sign with. All must outlive it.
    Logins(const AuthOptions& options, Dependencies dependencies);

    /// How long whoever asks has to wait before the next attempt to log in (microseconds); 0, and
    /// the attempt counts, when it may be made now. A success gives the account's attempts back.
    std::int64_t login_wait_us(std::string_view email, std::string_view address);

    /// A wrong password and an unknown address take equally long.
    Result<Issued> login(const std::string& email, const std::string& password,
                         const std::string& address);

    /// Once for each refresh token; see classroom::use_refresh_token.
    Result<Issued> refresh(const std::string& refresh_token, const std::string& address);

    /// Ends this login: its tokens are worth nothing from now on.
    Result<void> logout(const Caller& caller);

    /// permission: the current password is not right. All other logins of the account end.
    Result<void> change_password(const Caller& caller, const std::string& current,
                                 const std::string& next);

    /// The account that the token is good for, asked anew each time: who was deactivated or logged
    /// out is out at once, also when another process did it. nullopt: not good.
    Result<std::optional<Caller>> caller_of(std::string_view token, std::string address);

    /// Those of the ids of access tokens that are worth nothing any more.
    Result<std::set<std::string>> worthless(const std::set<std::string>& token_ids);

    /// Removes expired tokens and lines of the audit log that are too old.
    Result<void> prune();

  private:
    Result<Issued> issue(sql::Connection& connection, classroom::Account account,
                         const std::string& login);
    Result<void> note_failure(const std::string& email, const std::string& address);
    Result<const std::string*> decoy_hash();

    const AuthOptions options_;
    sql::Database& database_;
    const Clock& clock_;
    RandomSource& random_;
    RateLimit account_limit_;
    RateLimit address_limit_;
    std::mutex decoy_mutex_;
    std::string decoy_hash_;  ///< Compared with when there is no account, so that it takes as long.
};

}  // namespace cellmon::auth
