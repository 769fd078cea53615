#include "classroom/sessions.hpp"

#include <fmt/format.h>

namespace cellmon::classroom {

Result<void> add_tokens(sql::Connection& connection, const NewTokens& tokens) {
    CELLMON_TRY(connection.run(
        "INSERT INTO access_tokens (jti, account_id, login, expires_us) VALUES ($1, $2, $3, $4)",
        tokens.access_id, tokens.account_id, tokens.login, tokens.access_expires_us));
    CELLMON_TRY(connection.run(
        "INSERT INTO refresh_tokens (token_hash, account_id, login, expires_us, "
        "is_used) VALUES ($1, $2, $3, $4, FALSE)",
        tokens.refresh_hash, tokens.account_id, tokens.login, tokens.refresh_expires_us));
    return {};
}

Result<std::optional<Account>> account_of_token(sql::Connection& connection,
                                                std::string_view access_id, TimeUs now) {
    static const std::string kStatement = fmt::format(
        "SELECT {} FROM access_tokens t JOIN instructors a ON a.id = t.account_id "
        "WHERE t.jti = $1 AND t.expires_us > $2 AND a.is_active",
        kAccountColumns);
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(kStatement, access_id, now));
    if (rows.empty()) return std::nullopt;
    return account_of(rows.front());
}

namespace {

Result<void> end(sql::Connection& connection, std::string_view login) {
    CELLMON_TRY(connection.run("DELETE FROM access_tokens WHERE login = $1", login));
    CELLMON_TRY(connection.run("DELETE FROM refresh_tokens WHERE login = $1", login));
    return {};
}

}  // namespace

Result<RefreshUse> use_refresh_token(sql::Connection& connection, std::string_view refresh_hash,
                                     TimeUs now) {
    static const std::string kStatement = fmt::format(
        "SELECT {}, t.login, t.is_used FROM refresh_tokens t JOIN instructors a ON "
        "a.id = t.account_id WHERE t.token_hash = $1 AND t.expires_us > $2",
        kAccountColumns);
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(kStatement, refresh_hash, now));
    RefreshUse use;
    if (rows.empty()) return use;
    constexpr std::size_t kLogin = 13;  // Behind kAccountColumns.
    use.login = rows.front().text(kLogin);
    use.stolen = rows.front().boolean(kLogin + 1);
    Account account = account_of(rows.front());
    if (use.stolen || !account.is_active) {
        CELLMON_TRY(end(connection, use.login));
        return use;
    }
    // The row stays until it expires, so that a second use is seen.
    CELLMON_TRY(connection.run("UPDATE refresh_tokens SET is_used = TRUE WHERE token_hash = $1",
                               refresh_hash));
    CELLMON_TRY(connection.run("DELETE FROM access_tokens WHERE login = $1", use.login));
    use.account = std::move(account);
    return use;
}

Result<void> end_login(sql::Connection& connection, std::string_view access_id) {
    CELLMON_TRY_ASSIGN(const auto rows, connection.run("SELECT login FROM access_tokens "
                                                       "WHERE jti = $1",
                                                       access_id));
    if (rows.empty()) return {};
    return end(connection, rows.front().text(0));
}

Result<void> end_logins(sql::Connection& connection, std::int64_t account_id,
                        std::string_view kept_access_id) {
    for (const std::string_view table : {"refresh_tokens", "access_tokens"}) {
        // The access tokens last: they say which login is kept.
        CELLMON_TRY(
            connection.run(fmt::format("DELETE FROM {} WHERE account_id = $1 AND login NOT IN "
                                       "(SELECT login FROM access_tokens WHERE jti = $2)",
                                       table),
                           account_id, kept_access_id));
    }
    return {};
}

Result<std::int64_t> prune_tokens(sql::Connection& connection, TimeUs now) {
    CELLMON_TRY_ASSIGN(const auto access,
                       connection.run("DELETE FROM access_tokens WHERE expires_us <= $1", now));
    CELLMON_TRY_ASSIGN(const auto refresh,
                       connection.run("DELETE FROM refresh_tokens WHERE expires_us <= $1", now));
    return access.changed + refresh.changed;
}

}  // namespace cellmon::classroom
