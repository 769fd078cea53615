// Goal: each rule of the pacer by itself. Method: ticks and times by hand. What the rules are for
// is tested as a whole by dashboard_rhythm_test.

#include "api/legacy_pacer.hpp"

#include <utility>

#include <gtest/gtest.h>

#include "api/legacy_testing.hpp"

namespace cellmon::api {
namespace {

constexpr std::int64_t kBurstUs = 12 * kSecondUs;

class LegacyPacerTest : public ::testing::Test {
  protected:
    /// A student changes; the first time he is new.
    void change(const std::string& email, std::int64_t now_us, bool asks = false) {
        live::StudentView view;
        view.email = email;
        view.asks_help = asks;
        view.status = asks ? live::Status::help : live::Status::active;
        view.executions = ++changes_;
        pacer_.take(class_.change(std::move(view)), now_us);
    }
    /// The emails pushed, with a mark for told help.
    std::vector<std::string> push(std::int64_t now_us) {
        std::vector<std::string> emails;
        for (const LegacyPacer::Item& item : pacer_.push(now_us, class_.picture())) {
            emails.push_back(item.student->view.email + (item.help_changed ? "!" : ""));
        }
        return emails;
    }
    /// A class of two that every dashboard has fetched; nothing was pushed for long.
    std::int64_t settled() {
        change("a", 0);
        change("b", 0);
        push(0);
        push(pacer_.next_us());
        EXPECT_EQ(pacer_.next_us(), LegacyPacer::kNever);
        return 100 * kSecondUs;
    }

    using Emails = std::vector<std::string>;
    LegacyPacer pacer_{std::chrono::seconds(12)};
    testing::ChangingClass class_;
    std::uint64_t changes_ = 0;
};

TEST_F(LegacyPacerTest, PushesAtOnceAfterALongSilenceAndThenTogether) {
    const std::int64_t t = settled();
    change("a", t);
    EXPECT_EQ(push(t), Emails{"a"});
    change("b", t + kSecondUs);
    change("a", t + 2 * kSecondUs);
    change("b", t + 3 * kSecondUs);
    EXPECT_EQ(push(t + kBurstUs - 1), Emails{});
    EXPECT_EQ(pacer_.next_us(), t + kBurstUs);
    EXPECT_EQ(push(t + kBurstUs), (Emails{"b", "a"}));
}

TEST_F(LegacyPacerTest, HoldsEachStudentTwice) {
    const std::int64_t t = settled();
    change("a", t);
    EXPECT_EQ(push(t), Emails{"a"});
    change("b", t + kSecondUs);
    EXPECT_EQ(push(t + kBurstUs), (Emails{"a", "b"}));
    EXPECT_EQ(push(t + 2 * kBurstUs), Emails{"b"});
    EXPECT_EQ(pacer_.next_us(), LegacyPacer::kNever);
}

TEST_F(LegacyPacerTest, TellsHelpAtOnceWithAllThatWaitsAndOnceMore) {
    const std::int64_t t = settled();
    change("a", t);
    push(t);
    change("a", t + kSecondUs);
    change("b", t + 2 * kSecondUs, true);
    EXPECT_EQ(push(t + 2 * kSecondUs), (Emails{"a", "b!"}));
    const std::int64_t again = t + 2 * kSecondUs + LegacyPacer::kSpacingUs;
    EXPECT_EQ(push(again - 1), Emails{});
    EXPECT_EQ(push(again), (Emails{"a", "b!"}));
    EXPECT_EQ(pacer_.next_us(), LegacyPacer::kNever);
}

TEST_F(LegacyPacerTest, TellsHelpOnceMoreOfWhoChangedMeanwhile) {
    const std::int64_t t = settled();
    change("a", t, true);
    EXPECT_EQ(push(t), Emails{"a!"});
    change("a", t + 1, true);
    EXPECT_EQ(push(t + LegacyPacer::kSpacingUs), Emails{"a!"});
}

TEST_F(LegacyPacerTest, TellsOfHelpThatWentBackAndForth) {
    const std::int64_t t = settled();
    change("a", t, true);
    EXPECT_EQ(push(t), Emails{"a!"});
    // An overview fetched in between may have shown him as asking again.
    change("a", t + 1, false);
    change("a", t + 2, true);
    change("a", t + 3, false);
    EXPECT_EQ(push(t + LegacyPacer::kSpacingUs), Emails{"a!"});
}

TEST_F(LegacyPacerTest, PausesForAFetchWhenSomebodyIsNew) {
    const std::int64_t t = settled();
    change("new", t);
    push(t);
    change("a", t + kSecondUs);
    EXPECT_EQ(pacer_.next_us(), t + LegacyPacer::kPauseUs);
    push(t + LegacyPacer::kPauseUs);
    change("a", t + LegacyPacer::kPauseUs + 1);
    EXPECT_EQ(pacer_.next_us(), t + LegacyPacer::kPauseUs + kBurstUs);
}

TEST_F(LegacyPacerTest, HelpWaitsOnceWhenItKeptANewStudentUnseen) {
    std::int64_t t = settled();
    change("new", t);
    push(t);
    const std::int64_t starved_us = t + LegacyPacer::kStarvedUs;
    bool asks = false;
    for (; t < starved_us; t += kSecondUs) {
        asks = !asks;
        change("a", t + kSecondUs, asks);
        EXPECT_FALSE(push(t + kSecondUs).empty()) << "help waits before its time";
    }
    change("a", t + 1, !asks);
    EXPECT_EQ(pacer_.next_us(), t + LegacyPacer::kPauseUs);
    EXPECT_FALSE(push(t + LegacyPacer::kPauseUs).empty());
    change("a", t + LegacyPacer::kPauseUs + kSecondUs, asks);
    EXPECT_FALSE(push(t + LegacyPacer::kPauseUs + kSecondUs).empty());
}

TEST(LegacyMessages, EndWithTheTrueStatus) {
    boost::intrusive_ptr picture(new live::StudentPicture());
    picture->view.email = "a@x";
    picture->view.status = live::Status::error;
    picture->view.executions = 7;
    picture->view.errors = 2;
    const auto messages = legacy_messages({{picture, true}}, kSecondUs);
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_TRUE(messages[0].starts_with(R"({"type":"help_resolved","data":{"emailAddress":"a@x")"));
    EXPECT_TRUE(messages[1].starts_with(R"({"type":"progress_update","data":{)"));
    EXPECT_NE(messages[1].find(R"("status":"error","cellExecutions":7,"errorCount":2)"),
              std::string::npos);
}

}  // namespace
}  // namespace cellmon::api
