// Goal: rows and cursor move together, exactly once, whatever ends the process in between.
// Method: a store of each engine is fed from memory; a process that dies is an object that goes
// away before its commit.

#include "sinks/relational/relational_sink.hpp"

#include <csignal>

#include <sys/resource.h>

#include "sinks/relational/migrations.hpp"
#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

using RelationalSinkTest = EveryStoreTest;
using SqliteSinkTest = StoreTest;

INSTANTIATE_TEST_SUITE_P(Engines, RelationalSinkTest, sql::kTestedEngines, sql::engine_name);

TEST_P(RelationalSinkTest, WritesOneRowPerEventAndTheFieldsOfAnExecution) {
    TestJournal journal;
    journal.post(run_json("a@example.com", "c1", 0, false,
                          R"("userName":"安倍","teamName":"チームA","sessionId":"s1")"),
                 kStartUs + kSecondUs);
    journal.post(event_json("notebook_opened", "a@example.com", kSecondUs,
                            R"("notebookPath":"a/Lesson.ipynb","userName":"安倍 2")"),
                 kStartUs + 2 * kSecondUs);
    journal.append(journal::EntryKind::quarantine, R"({"bad":1})", kStartUs + 3 * kSecondUs);
    journal.append(journal::EntryKind::server, R"({"note":1})", kStartUs + 4 * kSecondUs);
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal, 10);

    EXPECT_EQ(integer("SELECT count(*) FROM events"), 2);
    EXPECT_EQ(integer("SELECT count(*) FROM quarantine"), 1);
    EXPECT_EQ(integer("SELECT count(*) FROM students JOIN teams ON teams.id = team_id WHERE name = "
                      "'安倍 2' AND team_name = 'チームA'"),
              1);
    EXPECT_EQ(integer("SELECT count(*) FROM cell_executions e JOIN cells c ON c.id = e.cell_id "
                      "JOIN notebooks n ON n.id = e.notebook_id WHERE c.cell_id = 'c1' AND n.name "
                      "= 'Lesson.ipynb' AND status = 'success' AND duration_us = 2500 AND "
                      "code_content = 'print(1)' AND result = '1' AND execution_count = 3 AND "
                      "executed_us = " +
                      std::to_string(kStartUs)),
              1);
    EXPECT_EQ(integer("SELECT count(*) FROM notebook_accesses WHERE action = 'opened'"), 1);
    EXPECT_EQ(integer("SELECT events FROM daily_totals"), 2);
    EXPECT_EQ(integer("SELECT events FROM sessions WHERE session_id = 's1'"), 1);
    EXPECT_EQ(integer("SELECT sequence FROM projection_state"), 4);
}

TEST_P(RelationalSinkTest, ADeathBeforeTheCommitLeavesNothingAndARestartGoesOn) {
    TestJournal journal;
    for (int at = 0; at < 40; ++at) {
        journal.post(run_json("a@example.com", "c1", at * kSecondUs, true),
                     kStartUs + at * kSecondUs);
    }
    // The last entry of the second batch repeats an id, so that the batch fails behind its rows: as
    // a death does.
    TestJournal broken;
    for (std::size_t at = 0; at < 39; ++at) {
        const auto& entry = journal.entries[at];
        broken.append(entry.header.kind, entry.payload, entry.header.received_us, entry.header.id,
                      entry.header.content_hash);
    }
    broken.append(journal::EntryKind::event, journal.entries[39].payload, kStartUs,
                  journal.entries[25].header.id, 1);
    {
        RelationalSink sink(store(), SinkOptions{});
        ASSERT_TRUE(sink.open().has_value());
        ASSERT_EQ(sink.apply(broken.batch(0, 20)).value_or(0), 20U);
        const auto second = sink.apply(broken.batch(20, 20));
        ASSERT_FALSE(second.has_value());
        EXPECT_EQ(second.error().code, ErrorCode::corrupt);
    }
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 20);
    EXPECT_EQ(integer("SELECT max(consecutive_error_count) FROM cell_executions"), 20);
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal, 7);
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 40);
    EXPECT_EQ(integer("SELECT max(consecutive_error_count) FROM cell_executions"), 40);
    EXPECT_EQ(integer("SELECT executions FROM daily_totals"), 40);
}

TEST_P(RelationalSinkTest, RefusesABatchThatDoesNotFollowItsCursor) {
    TestJournal journal;
    for (int at = 0; at < 4; ++at) {
        journal.post(run_json("a@example.com", "c1", at * kSecondUs, false), kStartUs);
    }
    RelationalSink sink(store(), SinkOptions{});
    ASSERT_TRUE(sink.open().has_value());
    ASSERT_TRUE(sink.apply(journal.batch(0, 2)).has_value());
    const auto again = sink.apply(journal.batch(0, 2));
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().code, ErrorCode::mismatch);
    const auto skipping = sink.apply(journal.batch(3, 1));
    ASSERT_FALSE(skipping.has_value());
    EXPECT_EQ(skipping.error().code, ErrorCode::mismatch);

    projection::Batch foreign = journal.batch(2, 2);
    projection::Batch other;
    auto cursor = foreign.before();
    cursor.epoch = 2;
    other.start(cursor);
    other.add(foreign.entry(0));
    const auto epoch = sink.apply(other);
    ASSERT_FALSE(epoch.has_value());
    EXPECT_EQ(epoch.error().code, ErrorCode::mismatch);
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 2);
}

TEST_P(RelationalSinkTest, PutsWhatCannotBeReadAsideAndStopsWhenItIsMuch) {
    TestJournal journal;
    journal.post(run_json("a@example.com", "c1", 0, false), kStartUs);
    journal.append(journal::EntryKind::event, "{\"broken", kStartUs);
    journal.post(run_json("a@example.com", "c1", kSecondUs, false), kStartUs);
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal, 10);
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 2);
    EXPECT_EQ(integer("SELECT count(*) FROM dead_letters WHERE sequence = 2 AND payload = "
                      "'{\"broken' AND payload_crc32c <> 0"),
              1);
    EXPECT_EQ(sink.dead_letters(), 1U);

    for (int at = 0; at < 11; ++at)
        journal.append(journal::EntryKind::event, "?", kStartUs);
    const auto poisoned = sink.apply(journal.batch(3, 11));
    ASSERT_FALSE(poisoned.has_value());
    EXPECT_EQ(poisoned.error().code, ErrorCode::limit);
    EXPECT_EQ(integer("SELECT count(*) FROM dead_letters"), 1);
}

TEST_P(RelationalSinkTest, ARedactedEntryKeepsItsRowWithoutContent) {
    TestJournal journal;
    journal.append(journal::EntryKind::event, "", kStartUs);
    journal.entries[0].redacted = true;
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal, 10);
    EXPECT_EQ(integer("SELECT count(*) FROM events WHERE event_type = 'redacted' AND student_id IS "
                      "NULL"),
              1);
}

TEST_F(SqliteSinkTest, EndsATransactionEarlyForAWriterThatWaits) {
    TestJournal journal;
    for (int at = 0; at < 1000; ++at) {
        journal.post(run_json("a@example.com", "c1", at * kSecondUs, false), kStartUs);
    }
    WriteGate gate;
    RelationalSink sink(store(), SinkOptions{}, &gate);
    ASSERT_TRUE(sink.open().has_value());
    std::size_t first = 0;
    {
        const WriteGate::Waiting waiting(gate);
        first = sink.apply(journal.batch(0, 1000)).value_or(0);
    }
    EXPECT_GT(first, 0U);
    EXPECT_LT(first, 1000U);
    EXPECT_EQ(sink.apply(journal.batch(first, 1000)).value_or(0), 1000 - first);
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 1000);
}

TEST_P(RelationalSinkTest, AnotherSettingRebuildsBesideAndSwitchesWhenCaughtUp) {
    TestJournal journal;
    for (int at = 0; at < 10; ++at) {
        journal.post(run_json("a@example.com", "c1", at * kSecondUs, true), kStartUs);
    }
    {
        RelationalSink sink(store(), SinkOptions{});
        apply_all(sink, journal, 10);
    }
    EXPECT_EQ(integer("SELECT count(*) FROM cell_executions WHERE is_significant_error = 1"), 8);
    SinkOptions changed;
    changed.significant_errors = 5;
    {
        // Half way through the old rows are still there, and a restart continues.
        RelationalSink sink(store(), changed);
        const auto cursor = sink.open();
        ASSERT_TRUE(cursor.has_value());
        EXPECT_FALSE(cursor->has_value());
        ASSERT_TRUE(sink.apply(journal.batch(0, 4)).has_value());
        EXPECT_TRUE(sink.rebuilding());
        EXPECT_EQ(integer("SELECT count(*) FROM events"), 10);
    }
    RelationalSink sink(store(), changed);
    apply_all(sink, journal, 3);
    EXPECT_FALSE(sink.rebuilding());
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 10);
    EXPECT_EQ(integer("SELECT count(*) FROM cell_executions WHERE is_significant_error = 1"), 6);
    EXPECT_EQ(shadow_tables(), 0);
    journal.post(run_json("a@example.com", "c1", 60 * kSecondUs, true), kStartUs);
    ASSERT_TRUE(sink.apply(journal.batch(10, 1)).has_value());
    EXPECT_EQ(integer("SELECT max(consecutive_error_count) FROM cell_executions"), 11);
}

TEST_P(RelationalSinkTest, BeginsAnewBehindAnEarlierEpoch) {
    const auto post = [](TestJournal& journal, int count) {
        for (int at = 0; at < count; ++at) {
            journal.post(run_json("a@example.com", "c1", at * kSecondUs, true),
                         kStartUs + at * kSecondUs);
        }
    };
    TestJournal longer;
    post(longer, 40);
    {
        RelationalSink sink(store(), SinkOptions{});
        apply_all(sink, longer, 10);
    }
    TestJournal shorter;
    post(shorter, 15);
    RelationalSink sink(store(), SinkOptions{});
    ASSERT_TRUE(sink.open().value().has_value());
    ASSERT_TRUE(sink.begin_epoch());
    ASSERT_FALSE(sink.open().value().has_value());
    apply_all(sink, shorter, 10);
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 15);
    EXPECT_EQ(integer("SELECT max(sequence) FROM cell_executions"), 15);
    EXPECT_EQ(integer("SELECT sequence FROM projection_state"), 15);
}

TEST_P(RelationalSinkTest, RefusesAStoreOfANewerProgram) {
    {
        RelationalSink sink(store(), SinkOptions{});
        ASSERT_TRUE(sink.open().has_value());
    }
    alter("INSERT INTO schema_migrations VALUES (99, 0)");
    RelationalSink sink(store(), SinkOptions{});
    const auto opened = sink.open();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::newer_format);
}

TEST_F(SqliteSinkTest, NamesWhatIsWrongWithTheDisk) {
    RelationalSink nowhere(store("no/such/folder/relational.db"), SinkOptions{});
    const auto opened = nowhere.open();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::permission);
    EXPECT_NE(opened.error().message.find("no/such/folder"), std::string::npos);

    RelationalSink sink(store(), SinkOptions{});
    ASSERT_TRUE(sink.open().has_value());
    // Another program that holds the write lock for too long is a passing fault, not an alarm.
    const auto other = connect();
    auto held = Transaction::begin(*other);
    ASSERT_TRUE(held.has_value());
    RelationalSink waiting(store(kName, {.busy_timeout_ms = 1}), SinkOptions{});
    const auto refused = waiting.open();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

TEST_F(SqliteSinkTest, AWriteThatFailsLosesNothing) {
    TestJournal journal;
    const std::string result(20'000, 'x');
    for (int at = 0; at < 300; ++at) {
        journal.post(
            event_json("cell_executed", "a@example.com", at * kSecondUs,
                       fmt::format(R"("cellId":"c","code":"{}","executionCount":1)", result)),
            kStartUs);
    }
    RelationalSink sink(store(), SinkOptions{});
    ASSERT_TRUE(sink.open().has_value());
    ASSERT_TRUE(sink.apply(journal.batch(0, 100)).has_value());
    {
        // Files of this process may not grow further; the signal that comes with it is not wanted.
        const auto before = std::signal(SIGXFSZ, SIG_IGN);
        rlimit old{};
        ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
        rlimit small = old;
        small.rlim_cur = 3U << 20U;
        ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
        const auto failed = sink.apply(journal.batch(100, 200));
        ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
        std::signal(SIGXFSZ, before);
        ASSERT_FALSE(failed.has_value());
        EXPECT_TRUE(failed.error().code == ErrorCode::io ||
                    failed.error().code == ErrorCode::no_space)
            << failed.error().message;
    }
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 100);
    apply_all(sink, journal, 200);
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 300);
    EXPECT_EQ(integer("SELECT executions FROM daily_totals"), 300);
}

}  // namespace
}  // namespace cellmon::relational
