// Goal: who is who they say they are gets in, and stays in for as long as they are to. Method: each
// path through logins on both engines, with a clock that the test sets.
#include "auth/logins.hpp"

#include <gtest/gtest.h>

#include "auth/token.hpp"
#include "classroom/audit_log.hpp"
#include "classroom/schema.hpp"
#include "sql/test_database.hpp"

namespace cellmon::auth {
namespace {

using classroom::Account;
using classroom::Status;

class SetClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return now; }
    [[nodiscard]] std::int64_t steady_us() const override { return now; }
    TimeUs now = 1'790'000'000 * kSecondUs;
};

constexpr PasswordCost kCheap{64U << 10U, 1};
const std::string kEmail = "sensei@example.com";
const std::string kPassword = "correct horse";

class LoginsTest : public ::testing::TestWithParam<sql::Engine> {
  protected:
    LoginsTest() {
        options_.secret = std::string(32, 's');
        options_.password = kCheap;
        options_.account_failures = {3, std::chrono::milliseconds(30'000)};
        options_.address_logins = {10, std::chrono::milliseconds(10'000)};
        logins_.emplace(options_, Logins::Dependencies{database_, clock_, random_});
        id_ = add(kEmail, *hash_password(kPassword, kCheap));
    }
    std::int64_t add(const std::string& email, const std::string& hash) {
        const auto id = database_.write([&](sql::Connection& c) {
            return classroom::add_account(c, {email, "先生", classroom::Role::instructor, hash},
                                          clock_.now);
        });
        EXPECT_TRUE(id) << id.error().message;
        return *id;
    }
    Account account() {
        auto found =
            database_.read([&](sql::Connection& c) { return classroom::find_account(c, id_); });
        EXPECT_TRUE(found && *found);
        return **found;
    }
    void change(const classroom::AccountChange& change) {
        EXPECT_TRUE(database_.write([&](sql::Connection& c) {
            return classroom::change_account(c, id_, change, clock_.now);
        }));
    }
    Issued login() {
        auto issued = logins_->login(kEmail, kPassword, "127.0.0.1");
        EXPECT_TRUE(issued) << issued.error().message;
        return issued ? *issued : Issued();
    }
    std::optional<Caller> caller(const std::string& token) {
        auto found = logins_->caller_of(token, "127.0.0.1");
        EXPECT_TRUE(found) << found.error().message;
        return *found;
    }
    ErrorCode code(const Result<Issued>& issued) {
        return issued ? ErrorCode::cancelled : issued.error().code;
    }
    std::vector<std::string> actions() {
        const auto entries =
            database_.read([](sql::Connection& c) { return classroom::audit_entries(c, {}); });
        std::vector<std::string> names;
        for (const auto& one : *entries)
            names.push_back(one.entry.action);
        return names;
    }
    std::int64_t count(const std::string& table) {
        return database_
            .read([&](sql::Connection& c) { return c.run("SELECT count(*) FROM " + table); })
            ->front()
            .integer(0);
    }

    SetClock clock_;
    SystemRandom random_;
    AuthOptions options_;
    sql::TestDatabase place_{GetParam()};
    sql::Database database_{place_.options(), classroom::schema(), clock_};
    std::optional<Logins> logins_;
    std::int64_t id_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Engines, LoginsTest, sql::kTestedEngines, sql::engine_name);

TEST_P(LoginsTest, TheRightPasswordGivesATokenThatIsGood) {
    const Issued issued = login();
    EXPECT_EQ(issued.expires_in_s, 1'800);
    EXPECT_EQ(issued.account.status, Status::available);
    EXPECT_EQ(issued.account.last_login_us, clock_.now);
    const auto found = caller(issued.access_token);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->account.email, kEmail);
    EXPECT_EQ(actions(), std::vector<std::string>{"login"});
}

TEST_P(LoginsTest, TheCaseOfTheAddressDoesNotMatter) {
    EXPECT_TRUE(logins_->login("SENSEI@example.com", kPassword, ""));
}

TEST_P(LoginsTest, WrongUnknownAndInactiveAreAlike) {
    const auto wrong = logins_->login(kEmail, "wrong horse", "");
    const auto unknown = logins_->login("nobody@example.com", kPassword, "");
    change({.is_active = false});
    const auto inactive = logins_->login(kEmail, kPassword, "");
    for (const auto& refused : {wrong, unknown, inactive}) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::permission);
        EXPECT_EQ(refused.error().message, wrong.error().message);
    }
    EXPECT_EQ(count("access_tokens"), 0);
    EXPECT_EQ(actions(),
              (std::vector<std::string>{"login.failed", "login.failed", "login.failed"}));
}

TEST_P(LoginsTest, ADeactivatedAccountIsOutAtOnceAndItsOldTokensStayWorthless) {
    const Issued issued = login();
    change({.is_active = false});
    EXPECT_FALSE(caller(issued.access_token));
    EXPECT_EQ(code(logins_->refresh(issued.refresh_token, "")), ErrorCode::permission);
    change({.is_active = true});
    EXPECT_EQ(code(logins_->refresh(issued.refresh_token, "")), ErrorCode::permission);
}

TEST_P(LoginsTest, TokensEndWithTheirTime) {
    const Issued issued = login();
    clock_.now += 1'799 * kSecondUs;
    EXPECT_TRUE(caller(issued.access_token));
    clock_.now += 2 * kSecondUs;
    EXPECT_FALSE(caller(issued.access_token));
    EXPECT_TRUE(logins_->refresh(issued.refresh_token, ""));
}

TEST_P(LoginsTest, ASignedTokenWithoutARowIsWorthNothing) {
    const std::string forged =
        sign_token({kEmail, "never issued", clock_.now / kSecondUs + 100}, options_.secret);
    EXPECT_FALSE(caller(forged));
    const Issued issued = login();
    const auto claims = read_token(issued.access_token, options_.secret, clock_.now);
    ASSERT_TRUE(claims);
    const std::string another =
        sign_token({"other@example.com", claims->id, claims->expires_s}, options_.secret);
    EXPECT_FALSE(caller(another)) << "the id of one account's token with the name of another";
}

TEST_P(LoginsTest, LogoutEndsThisLoginAndNoOther) {
    const Issued here = login();
    const Issued there = login();
    ASSERT_TRUE(logins_->logout(*caller(here.access_token)));
    EXPECT_FALSE(caller(here.access_token));
    EXPECT_EQ(code(logins_->refresh(here.refresh_token, "")), ErrorCode::permission);
    EXPECT_TRUE(caller(there.access_token));
    EXPECT_EQ(account().status, Status::offline);
}

TEST_P(LoginsTest, ARefreshTokenIsGoodOnceAndATheftEndsTheLogin) {
    const Issued first = login();
    const auto second = logins_->refresh(first.refresh_token, "");
    ASSERT_TRUE(second);
    EXPECT_FALSE(caller(first.access_token)) << "one token at a time";
    EXPECT_TRUE(caller(second->access_token));
    EXPECT_EQ(code(logins_->refresh(first.refresh_token, "")), ErrorCode::permission);
    EXPECT_FALSE(caller(second->access_token));
    EXPECT_EQ(code(logins_->refresh(second->refresh_token, "")), ErrorCode::permission);
    EXPECT_EQ(actions().front(), "login.ended");
    EXPECT_EQ(code(logins_->refresh("never issued", "")), ErrorCode::permission);
}

TEST_P(LoginsTest, ANewPasswordEndsAllOtherLogins) {
    const Issued here = login();
    const Issued there = login();
    const Caller self = *caller(here.access_token);
    const auto wrong = logins_->change_password(self, "wrong horse", "battery staple");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::permission);
    EXPECT_EQ(logins_->change_password(self, kPassword, "short").error().code, ErrorCode::invalid);
    ASSERT_TRUE(logins_->change_password(self, kPassword, "battery staple"));
    EXPECT_TRUE(caller(here.access_token));
    EXPECT_FALSE(caller(there.access_token));
    EXPECT_EQ(code(logins_->refresh(there.refresh_token, "")), ErrorCode::permission);
    EXPECT_EQ(code(logins_->login(kEmail, kPassword, "")), ErrorCode::permission);
    EXPECT_TRUE(logins_->login(kEmail, "battery staple", ""));
}

TEST_P(LoginsTest, AForeignHashBecomesOneOfOursAtTheNextLogin) {
    change({.password_hash = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"});
    EXPECT_EQ(code(logins_->login(kEmail, "U*V", "")), ErrorCode::permission);
    EXPECT_TRUE(account().password_hash.starts_with("$2b$"));
    ASSERT_TRUE(logins_->login(kEmail, "U*U", ""));
    EXPECT_TRUE(account().password_hash.starts_with("$argon2id$")) << account().password_hash;
    EXPECT_TRUE(logins_->login(kEmail, "U*U", ""));
}

TEST_P(LoginsTest, AttemptsAreLimitedByAccountAndByAddress) {
    for (int attempt = 0; attempt < 3; ++attempt)
        EXPECT_EQ(logins_->login_wait_us(kEmail, "10.0.0.1"), 0);
    EXPECT_EQ(logins_->login_wait_us("Sensei@EXAMPLE.com", "10.0.0.2"), 10 * kSecondUs)
        << "of an account, from wherever";
    for (int attempt = 0; attempt < 7; ++attempt) {
        EXPECT_EQ(
            logins_->login_wait_us("a" + std::to_string(attempt) + "@example.com", "10.0.0.1"), 0);
    }
    EXPECT_EQ(logins_->login_wait_us("b@example.com", "10.0.0.1"), kSecondUs)
        << "of an address, for whatever account";
    login();
    EXPECT_EQ(logins_->login_wait_us(kEmail, "10.0.0.3"), 0) << "a success forgives";
}

TEST_P(LoginsTest, WhatHasExpiredIsRemoved) {
    login();
    ASSERT_TRUE(logins_->prune());
    EXPECT_EQ(count("access_tokens"), 1);
    clock_.now += 1'801 * kSecondUs;
    ASSERT_TRUE(logins_->prune());
    EXPECT_EQ(count("access_tokens"), 0);
    EXPECT_EQ(count("refresh_tokens"), 1);
    clock_.now += 15 * kDayUs;
    ASSERT_TRUE(logins_->prune());
    EXPECT_EQ(count("refresh_tokens"), 0);
    EXPECT_EQ(count("audit_log"), 1);
    clock_.now += 400 * kDayUs;
    ASSERT_TRUE(logins_->prune());
    EXPECT_EQ(count("audit_log"), 0);
}

}  // namespace
}  // namespace cellmon::auth
