// Goal: accounts, their statuses and the lines of the audit log are kept as they were given.
// Method: each function on both engines.
#include "classroom/accounts.hpp"

#include <gtest/gtest.h>

#include "classroom/audit_log.hpp"
#include "classroom/schema.hpp"
#include "classroom/statuses.hpp"
#include "sql/database.hpp"
#include "sql/test_database.hpp"

namespace cellmon::classroom {
namespace {

class AccountsTest : public ::testing::TestWithParam<sql::Engine> {
  protected:
    AccountsTest() : connection_(place_.connect()) {
        EXPECT_TRUE(sql::migrate(*connection_, schema(), clock_));
    }
    std::int64_t add(const std::string& email, Role role = Role::instructor) {
        const auto id = add_account(*connection_, {email, "先生", role, "hash"}, 1'000);
        EXPECT_TRUE(id) << id.error().message;
        return id.value_or(0);
    }

    SystemClock clock_;
    sql::TestDatabase place_{GetParam()};
    std::unique_ptr<sql::Connection> connection_;
};

INSTANTIATE_TEST_SUITE_P(Engines, AccountsTest, sql::kTestedEngines, sql::engine_name);

TEST_P(AccountsTest, AreFoundByIdAndByAddressInAnyCase) {
    const auto id = add("Sensei@example.com", Role::assistant);
    const auto by_id = find_account(*connection_, id);
    const auto by_email = find_account(*connection_, "sENSEI@example.com");
    ASSERT_TRUE(by_id && *by_id && by_email && *by_email);
    for (const Account& account : {**by_id, **by_email}) {
        EXPECT_EQ(account.id, id);
        EXPECT_EQ(account.email, "Sensei@example.com");
        EXPECT_EQ(account.name, "先生");
        EXPECT_EQ(account.role, Role::assistant);
        EXPECT_TRUE(account.is_active);
        EXPECT_EQ(account.status, Status::offline);
        EXPECT_EQ(account.created_us, 1'000);
        EXPECT_FALSE(account.updated_us || account.last_login_us || account.current_session_id);
        EXPECT_EQ(account.version, 1);
    }
    EXPECT_FALSE(*find_account(*connection_, id + 1));
    EXPECT_FALSE(*find_account(*connection_, "nobody@example.com"));
}

TEST_P(AccountsTest, AnAddressIsTakenInAnyCase) {
    add("sensei@example.com");
    const auto again = add_account(*connection_, {"SENSEI@example.com", "", Role::admin, ""}, 0);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::already_exists);
}

TEST_P(AccountsTest, OnlyWhatIsGivenChanges) {
    const auto id = add("sensei@example.com");
    ASSERT_TRUE(*change_account(*connection_, id, {.name = "新しい名前"}, 2'000));
    Account account = **find_account(*connection_, id);
    EXPECT_EQ(account.name, "新しい名前");
    EXPECT_EQ(account.role, Role::instructor);
    EXPECT_EQ(account.updated_us, 2'000);
    EXPECT_EQ(account.version, 2);
    ASSERT_TRUE(
        *change_account(*connection_, id, {.role = Role::admin, .is_active = false}, 3'000));
    account = **find_account(*connection_, id);
    EXPECT_EQ(account.name, "新しい名前");
    EXPECT_EQ(account.role, Role::admin);
    EXPECT_FALSE(account.is_active);
    EXPECT_EQ(account.password_hash, "hash");
    EXPECT_FALSE(*change_account(*connection_, id + 1, {.name = "x"}, 0));
}

TEST_P(AccountsTest, ListsArePagesById) {
    std::vector<std::int64_t> ids;
    for (const char* email : {"c@example.com", "a@example.com", "b@example.com"})
        ids.push_back(add(email));
    ASSERT_TRUE(*change_account(*connection_, ids[1], {.is_active = false}, 0));
    const auto list = [&](std::uint64_t skip, std::uint64_t limit, std::optional<bool> active) {
        std::vector<std::int64_t> found;
        const auto accounts = list_accounts(*connection_, skip, limit, active);
        for (const Account& account : *accounts)
            found.push_back(account.id);
        return found;
    };
    EXPECT_EQ(list(0, 100, {}), ids);
    EXPECT_EQ(list(1, 1, {}), std::vector{ids[1]});
    EXPECT_EQ(list(0, 100, true), (std::vector{ids[0], ids[2]}));
    EXPECT_EQ(list(0, 100, false), std::vector{ids[1]});
    EXPECT_TRUE(list(3, 100, {}).empty());
}

TEST_P(AccountsTest, TheLastActiveAdminIsKnown) {
    const auto first = add("a@example.com", Role::admin);
    const auto second = add("b@example.com", Role::admin);
    EXPECT_TRUE(*another_admin_is_active(*connection_, first));
    ASSERT_TRUE(*change_account(*connection_, second, {.is_active = false}, 0));
    EXPECT_FALSE(*another_admin_is_active(*connection_, first));
}

TEST_P(AccountsTest, AStatusEndsTheOneBefore) {
    const auto id = add("sensei@example.com");
    ASSERT_TRUE(*set_status(*connection_, id, Status::available, std::nullopt, kHourUs));
    ASSERT_TRUE(*set_status(*connection_, id, Status::in_session, 7, kHourUs + 150 * kSecondUs));
    Account account = **find_account(*connection_, id);
    EXPECT_EQ(account.status, Status::in_session);
    EXPECT_EQ(account.current_session_id, 7);
    EXPECT_EQ(account.last_login_us, kHourUs + 150 * kSecondUs);
    // The clock is set back.
    ASSERT_TRUE(*set_status(*connection_, id, Status::on_break, std::nullopt, kHourUs));
    account = **find_account(*connection_, id);
    EXPECT_FALSE(account.current_session_id) << "overwritten when it is left out";
    EXPECT_EQ(account.last_login_us, kHourUs + 150 * kSecondUs) << "a break is no login";

    const auto history = status_history(*connection_, id, 0, 10);
    ASSERT_TRUE(history);
    ASSERT_EQ(history->size(), 3U);
    const StatusPeriod& open = (*history)[0];
    EXPECT_EQ(open.status, Status::on_break);
    EXPECT_FALSE(open.ended_us || open.duration_minutes);
    const StatusPeriod& session = (*history)[1];
    EXPECT_EQ(session.session_id, 7);
    EXPECT_EQ(session.ended_us, session.started_us) << "never before it began";
    EXPECT_EQ(session.duration_minutes, 0);
    const StatusPeriod& first = (*history)[2];
    EXPECT_EQ(first.ended_us, kHourUs + 150 * kSecondUs);
    EXPECT_EQ(first.duration_minutes, 2);
    EXPECT_EQ(status_history(*connection_, id, 1, 1)->front().id, session.id);
    EXPECT_FALSE(*set_status(*connection_, id + 1, Status::offline, std::nullopt, 0));
}

TEST_P(AccountsTest, TheAuditLogNamesWhoAndWhat) {
    const auto id = add("sensei@example.com");
    ASSERT_TRUE(record(*connection_, {id, "127.0.0.1", "account.create", "instructor 9", "x"}, 1));
    ASSERT_TRUE(record(*connection_, {std::nullopt, "terminal", "login.failed", "", ""}, 2));
    const auto entries = audit_entries(*connection_, {.limit = 10});
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 2U);
    EXPECT_EQ((*entries)[0].actor, "");
    EXPECT_EQ((*entries)[1].actor, "sensei@example.com");
    EXPECT_EQ((*entries)[1].entry.subject, "instructor 9");
    EXPECT_EQ(*prune_audit(*connection_, 2), 1);
    EXPECT_EQ(audit_entries(*connection_, {.limit = 10})->size(), 1U);
}

}  // namespace
}  // namespace cellmon::classroom
