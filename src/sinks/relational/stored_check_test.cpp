// Goal: the check of a running server says 0 only when each event of the journal has exactly one
// row. Method: a store made from entries in memory, altered behind the check's back.

#include "sinks/relational/stored_check.hpp"

#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

class StoredCheckTest : public EveryStoreTest {
  protected:
    void post(int events) {
        for (int i = 0; i < events; ++i) {
            ++posted_;
            journal_.post(run_json("a@example.com", "c1", posted_ * kSecondUs, false),
                          kStartUs + posted_ * kSecondUs);
        }
    }
    void project() {
        RelationalSink sink(store(), SinkOptions{});
        apply_all(sink, journal_, 7);
    }
    StoredTotals check(std::size_t most = 1'000) {
        const auto totals = check_.advance(most);
        EXPECT_TRUE(totals.has_value()) << totals.error().message;
        return totals.value_or(StoredTotals{});
    }

    TestJournal journal_;
    int posted_ = 0;
    StoredCheck check_{store(kName, {.read_only = true}), std::make_unique<TestSource>(journal_)};
};

INSTANTIATE_TEST_SUITE_P(Engines, StoredCheckTest, sql::kTestedEngines, sql::engine_name);

TEST_P(StoredCheckTest, FindsNothingWhereAllIsStoredOnce) {
    post(20);
    journal_.append(journal::EntryKind::quarantine, R"({"bad":1})", kStartUs);
    journal_.append(journal::EntryKind::server, R"({"note":1})", kStartUs);
    journal_.append(journal::EntryKind::event, "{", kStartUs);  // Becomes a dead letter.
    post(5);
    project();
    ASSERT_EQ(integer("SELECT count(*) FROM dead_letters"), 1);
    for (std::uint64_t through = 6; through <= 24; through += 6) {
        const auto totals = check(6);
        EXPECT_EQ(totals.checked_through, through);
    }
    const auto totals = check();
    EXPECT_EQ(totals.checked_through, 28U);
    EXPECT_EQ(totals.absent, 0U);
    EXPECT_EQ(totals.doubled, 0U);
}

TEST_P(StoredCheckTest, WaitsForAStoreThatIsBeingMade) {
    post(3);
    EXPECT_EQ(check_.advance(10).error().code, ErrorCode::not_found);
    ASSERT_TRUE(store()->open()) << "it is there now, and has no tables";
    EXPECT_EQ(check_.advance(10).error().code, ErrorCode::not_found);
    project();
    EXPECT_EQ(check().checked_through, 3U);
}

TEST_P(StoredCheckTest, CountsWhatHasNoRow) {
    post(20);
    project();
    alter("DELETE FROM events WHERE sequence IN (1, 7, 20)");
    EXPECT_EQ(check().absent, 3U);
    EXPECT_EQ(check().doubled, 0U);
}

TEST_P(StoredCheckTest, CountsAnEventThatStandsTwice) {
    if (engine_ != sql::Engine::sqlite) return;  // PostgreSQL lets no such row in.

    post(20);
    project();
    // The same event in the place of another one, as a doubled write would leave it.
    alter(
        "UPDATE events SET event_id = (SELECT event_id FROM events WHERE sequence = 3) "
        "WHERE sequence = 9");
    const auto totals = check();
    EXPECT_EQ(totals.absent, 1U);
    EXPECT_EQ(totals.doubled, 1U);
}

TEST_P(StoredCheckTest, CountsAnIdThatTheIndexHasTwice) {
    if (engine_ != sql::Engine::sqlite) return;  // PostgreSQL lets no such row in.

    post(20);
    project();
    alter("INSERT INTO event_ids SELECT event_id, 4 FROM events WHERE sequence = 9");
    EXPECT_EQ(check().doubled, 1U);
}

TEST_P(StoredCheckTest, CountsARowOfNoEvent) {
    post(3);
    journal_.append(journal::EntryKind::server, R"({"note":1})", kStartUs);
    post(3);
    project();
    alter(
        "INSERT INTO events (sequence, event_id, received_us, content_hash, clock_bad) VALUES "
        "(4, " +
        std::string(engine_ == sql::Engine::sqlite ? "x'" : "'\\x") +
        "000102030405060708090a0b0c0d0e0f', 0, 0, 0)");
    EXPECT_EQ(check().doubled, 1U);
    EXPECT_EQ(check().absent, 0U);
}

TEST_P(StoredCheckTest, GoesOnlyAsFarAsTheStore) {
    EXPECT_FALSE(check_.advance(10).has_value()) << "there is no store yet";
    post(5);
    project();
    EXPECT_EQ(check().checked_through, 5U);
    post(5);
    EXPECT_EQ(check().checked_through, 5U);
    project();
    const auto totals = check();
    EXPECT_EQ(totals.checked_through, 10U);
    EXPECT_EQ(totals.absent, 0U);
}

TEST_P(StoredCheckTest, GoesOnWithAStoreThatWasAwayOrBroken) {
    if (engine_ != sql::Engine::sqlite) return;  // The system tests stop PostgreSQL itself.

    post(20);
    project();
    EXPECT_EQ(check().checked_through, 20U);
    alter("ALTER TABLE events RENAME TO away");
    EXPECT_FALSE(check_.advance(10).has_value());
    std::filesystem::remove_all(folder_);
    EXPECT_FALSE(check_.advance(10).has_value()) << "there is no store";
    std::filesystem::create_directories(folder_);
    project();
    alter("DELETE FROM events WHERE sequence = 7");
    EXPECT_EQ(check().absent, 1U) << "the new file is looked at, not the old one";
}

TEST_P(StoredCheckTest, StartsAnewWhenTheStoreWasRebuilt) {
    post(20);
    project();
    alter("DELETE FROM events WHERE sequence = 7");
    EXPECT_EQ(check().absent, 1U);
    SinkOptions other;
    other.significant_errors = 5;  // Other settings: the sink rebuilds the tables.
    RelationalSink sink(store(), other);
    apply_all(sink, journal_, 7);
    const auto totals = check();
    EXPECT_EQ(totals.absent, 0U);
    EXPECT_EQ(totals.checked_through, 20U);
}

}  // namespace
}  // namespace cellmon::relational
