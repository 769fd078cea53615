#include "auth/logins.hpp"

#include <chrono>
#include <utility>

#include "auth/token.hpp"
#include "classroom/audit_log.hpp"
#include "classroom/email.hpp"
#include "classroom/statuses.hpp"

namespace cellmon::auth {
namespace {

using classroom::Account;
using classroom::AuditEntry;
using classroom::Status;

TimeUs us(std::chrono::milliseconds duration) {
    return std::chrono::microseconds(duration).count();
}

tl::unexpected<Error> not_in() {
    return fail(ErrorCode::permission, "Invalid credentials");
}

std::string subject_of(const Account& account) {
    return "instructor " + std::to_string(account.id);
}

}  // namespace

Logins::Logins(const AuthOptions& options, Dependencies dependencies)
    : options_(options),
      database_(dependencies.database),
      clock_(dependencies.clock),
      random_(dependencies.random),
      account_limit_(options.account_failures),
      address_limit_(options.address_logins) {}

std::int64_t Logins::login_wait_us(std::string_view email, std::string_view address) {
    const std::int64_t now_us = clock_.steady_us();
    if (const auto wait_us = address_limit_.take(address, now_us); wait_us > 0) return wait_us;
    return account_limit_.take(classroom::email_key(email), now_us);
}

Result<Issued> Logins::login(const std::string& email, const std::string& password,
                             const std::string& address) {
    CELLMON_TRY_ASSIGN(const auto account, database_.read([&](sql::Connection& c) {
        return classroom::find_account(c, email);
    }));
    CELLMON_TRY_ASSIGN(const std::string* const decoy, decoy_hash());
    const std::string& hash = account ? account->password_hash : *decoy;
    const PasswordVerdict verdict = verify_password(password, hash, options_.password);
    if (!account || !account->is_active || verdict == PasswordVerdict::wrong) {
        CELLMON_TRY(note_failure(email, address));
        return not_in();
    }
    classroom::AccountChange change;
    if (verdict == PasswordVerdict::right_but_old) {
        CELLMON_TRY_ASSIGN(change.password_hash, hash_password(password, options_.password));
    }
    auto issued = database_.write([&](sql::Connection& c) -> Result<Issued> {
        CELLMON_TRY_ASSIGN(auto current, classroom::find_account(c, account->id));
        // Changed or deactivated while the password was compared.
        if (!current || !current->is_active || current->password_hash != account->password_hash) {
            return not_in();
        }
        const TimeUs now = clock_.now_us();
        if (change.password_hash) {
            CELLMON_TRY(classroom::change_account(c, current->id, change, now));
        }
        CELLMON_TRY(classroom::set_status(c, current->id, Status::available, std::nullopt, now));
        CELLMON_TRY(classroom::record(
            c, AuditEntry{current->id, address, "login", subject_of(*current), ""}, now));
        CELLMON_TRY_ASSIGN(current, classroom::find_account(c, current->id));
        return issue(c, std::move(*current), random_text(random_));
    });
    if (issued) account_limit_.clear(classroom::email_key(email));
    return issued;
}

Result<Issued> Logins::refresh(const std::string& refresh_token, const std::string& address) {
    // An error would roll back that the login was ended: the decision is made behind the commit.
    CELLMON_TRY_ASSIGN(
        auto issued, database_.write([&](sql::Connection& c) -> Result<std::optional<Issued>> {
            const TimeUs now = clock_.now_us();
            CELLMON_TRY_ASSIGN(auto use,
                               classroom::use_refresh_token(c, hash_of_token(refresh_token), now));
            if (use.stolen) {
                CELLMON_TRY(
                    classroom::record(c,
                                      AuditEntry{std::nullopt, address, "login.ended",
                                                 "refresh token", "it was used a second time"},
                                      now));
            }
            if (!use.account) return std::optional<Issued>();
            CELLMON_TRY_ASSIGN(auto fresh, issue(c, std::move(*use.account), use.login));
            return std::optional<Issued>(std::move(fresh));
        }));
    if (!issued) return not_in();
    return std::move(*issued);
}

Result<void> Logins::logout(const Caller& caller) {
    return database_.write([&](sql::Connection& c) -> Result<void> {
        const TimeUs now = clock_.now_us();
        CELLMON_TRY(classroom::end_login(c, caller.token_id));
        CELLMON_TRY(
            classroom::set_status(c, caller.account.id, Status::offline, std::nullopt, now));
        return classroom::record(
            c,
            AuditEntry{caller.account.id, caller.address, "logout", subject_of(caller.account), ""},
            now);
    });
}

Result<void> Logins::change_password(const Caller& caller, const std::string& current,
                                     const std::string& next) {
    CELLMON_TRY(check_new_password(next));
    const std::string& hash = caller.account.password_hash;
    if (verify_password(current, hash, options_.password) == PasswordVerdict::wrong) {
        return fail(ErrorCode::permission, "Current password is incorrect");
    }
    classroom::AccountChange change;
    CELLMON_TRY_ASSIGN(change.password_hash, hash_password(next, options_.password));
    const auto done = database_.write([&](sql::Connection& c) -> Result<void> {
        const TimeUs now = clock_.now_us();
        CELLMON_TRY_ASSIGN(const auto stored, classroom::find_account(c, caller.account.id));
        if (!stored || stored->password_hash != hash) {
            return fail(ErrorCode::permission, "Current password is incorrect");
        }
        CELLMON_TRY(classroom::change_account(c, caller.account.id, change, now));
        CELLMON_TRY(classroom::end_logins(c, caller.account.id, caller.token_id));
        return classroom::record(c,
                                 AuditEntry{caller.account.id, caller.address, "password.change",
                                            subject_of(caller.account), ""},
                                 now);
    });
    if (done) account_limit_.clear(classroom::email_key(caller.account.email));
    return done;
}

Result<std::optional<Caller>> Logins::caller_of(std::string_view token, std::string address) {
    const TimeUs now = clock_.now_us();
    const auto claims = read_token(token, options_.secret, now);
    if (!claims) return std::optional<Caller>();
    CELLMON_TRY_ASSIGN(auto account, database_.read([&](sql::Connection& c) {
        return classroom::account_of_token(c, claims->id, now);
    }));
    if (!account || account->email != claims->subject) return std::optional<Caller>();
    return std::optional<Caller>(Caller{std::move(*account), claims->id, std::move(address)});
}

Result<std::set<std::string>> Logins::worthless(const std::set<std::string>& token_ids) {
    return database_.read([&](sql::Connection& c) -> Result<std::set<std::string>> {
        std::set<std::string> found;
        const TimeUs now = clock_.now_us();
        for (const std::string& id : token_ids) {
            CELLMON_TRY_ASSIGN(const auto account, classroom::account_of_token(c, id, now));
            if (!account) found.insert(id);
        }
        return found;
    });
}

Result<void> Logins::prune() {
    return database_.write([&](sql::Connection& c) -> Result<void> {
        const TimeUs now = clock_.now_us();
        CELLMON_TRY(classroom::prune_tokens(c, now));
        CELLMON_TRY(classroom::prune_audit(c, now - us(options_.audit_keep)));
        return {};
    });
}

Result<Issued> Logins::issue(sql::Connection& connection, Account account,
                             const std::string& login) {
    const TimeUs now = clock_.now_us();
    Issued issued;
    issued.refresh_token = random_text(random_);
    const std::string id = random_text(random_);
    // Whole seconds, as `exp` has them.
    issued.expires_in_s = us(options_.access_token) / kSecondUs;
    const std::int64_t expires_s = now / kSecondUs + issued.expires_in_s;
    CELLMON_TRY(classroom::add_tokens(connection,
                                      {.account_id = account.id,
                                       .login = login,
                                       .access_id = id,
                                       .access_expires_us = expires_s * kSecondUs,
                                       .refresh_hash = hash_of_token(issued.refresh_token),
                                       .refresh_expires_us = now + us(options_.refresh_token)}));
    issued.access_token = sign_token({account.email, id, expires_s}, options_.secret);
    issued.account = std::move(account);
    return issued;
}

Result<void> Logins::note_failure(const std::string& email, const std::string& address) {
    return database_.write([&](sql::Connection& c) {
        return classroom::record(c, AuditEntry{std::nullopt, address, "login.failed", email, ""},
                                 clock_.now_us());
    });
}

Result<const std::string*> Logins::decoy_hash() {
    const std::lock_guard lock(decoy_mutex_);
    if (decoy_hash_.empty()) {
        CELLMON_TRY_ASSIGN(decoy_hash_, hash_password(random_text(random_), options_.password));
    }
    return &decoy_hash_;
}

}  // namespace cellmon::auth
