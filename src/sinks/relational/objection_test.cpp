// Goal: when a store objects to a row, only that row is the worse for it, and what contradicts the
// journal stops the projection. Method: rows are planted, the cursor is set back, and a table is
// told not to take a value; each in batches of several sizes, so that a COPY has many rows or one.

#include "sinks/relational/test_class.hpp"
#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

constexpr std::array<std::size_t, 3> kBatchSizes = {1, 7, 10'000};

class ObjectionTest : public EveryStoreTest {
  protected:
    /// As somebody does who repairs by hand, or restores one table alone.
    void set_cursor(const TestJournal& journal, std::uint64_t sequence, std::string_view name) {
        alter(fmt::format("UPDATE projection_state SET sequence = {}, chain = {}", sequence,
                          static_cast<std::int64_t>(journal.cursor_at(sequence).chain)),
              name);
    }
};

INSTANTIATE_TEST_SUITE_P(Engines, ObjectionTest, sql::kTestedEngines, sql::engine_name);

TEST_P(ObjectionTest, EventsThatAreThereAlreadyArePassedOver) {
    SeededRandom random(5);
    auto made = make_class(random, 300);
    TestJournal journal = post_class(made);
    journal.append(journal::EntryKind::quarantine, "{}", kStartUs);
    journal.append(journal::EntryKind::event, "unreadable", kStartUs);
    auto rest = make_class(random, 30);
    for (const Made& event : rest) {
        journal.post(run_json("s0@example.com", "cell-0", event.offset_us, event.kind == 1,
                              fmt::format(R"("eventId":"rest-{}")", journal.entries.size())),
                     kStartUs);
    }
    {
        RelationalSink sink(store("wanted"), SinkOptions{});
        apply_all(sink, journal, 10'000);
    }
    const Digest wanted = digest_of("wanted");
    for (const std::size_t batch_entries : kBatchSizes) {
        const std::string name = fmt::format("back-{}", batch_entries);
        {
            RelationalSink sink(store(name), SinkOptions{});
            ASSERT_TRUE(sink.open().has_value());
            ASSERT_EQ(sink.apply(journal.batch(0, 310)).value_or(0), 310U);
        }
        set_cursor(journal, 200, name);
        RelationalSink sink(store(name), SinkOptions{});
        apply_all(sink, journal, batch_entries);
        EXPECT_EQ(digest_of(name).differences(wanted), "") << name;
        EXPECT_EQ(sink.dead_letters(), 1U) << name;
    }
}

TEST_P(ObjectionTest, AnotherEventInTheSamePlaceStops) {
    TestJournal journal;
    for (int at = 0; at < 10; ++at)
        journal.post(run_json("a@example.com", "c", at * kSecondUs, false), kStartUs);
    for (const std::size_t batch_entries : kBatchSizes) {
        const std::string name = fmt::format("planted-{}", batch_entries);
        RelationalSink sink(store(name), SinkOptions{});
        ASSERT_TRUE(sink.open().has_value());
        ASSERT_EQ(sink.apply(journal.batch(0, 2)).value_or(0), 2U);
        alter(
            "INSERT INTO events (sequence, event_id, received_us, content_hash, clock_bad) SELECT "
            "6, CAST('planted' AS " +
                std::string(GetParam() == sql::Engine::sqlite ? "BLOB" : "BYTEA") + "), 0, 0, 0",
            name);
        Result<std::size_t> applied = std::size_t{0};
        for (std::uint64_t at = 2; applied && at < 10; at += *applied)
            applied = sink.apply(journal.batch(at, batch_entries));
        ASSERT_FALSE(applied.has_value()) << name;
        EXPECT_EQ(applied.error().code, ErrorCode::corrupt) << name;
        EXPECT_NE(applied.error().message.find("at sequence 6: another event"), std::string::npos)
            << applied.error().message;
        EXPECT_EQ(integer("SELECT count(*) FROM cell_executions", name),
                  integer("SELECT sequence FROM projection_state", name));
        EXPECT_LT(integer("SELECT sequence FROM projection_state", name), 6);
    }
}

// Sanitizers look at one engine only; SQLite cannot add a rule to a table.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

class PostgresObjectionTest : public StoreTest {
  protected:
    PostgresObjectionTest() : StoreTest(sql::Engine::postgres) {}

    static std::string run_number(int number) {
        return event_json("cell_executed", "a@example.com", number * kSecondUs,
                          fmt::format(R"("cellId":"c","code":"1","hasError":true,)"
                                      R"("sessionId":"s","executionCount":{})",
                                      number));
    }
    /// The table takes no run with a number from here on.
    void refuse_from(int number, std::string_view name) {
        alter(fmt::format("ALTER TABLE cell_executions ADD CHECK (execution_count < {})", number),
              name);
    }
};

TEST_F(PostgresObjectionTest, AValueThatTheStoreDoesNotTakeIsADeadLetter) {
    TestJournal journal;
    for (const int number : {1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 10, 11, 12, 13, 14, 15})
        journal.post(run_number(number), kStartUs);
    for (const std::size_t batch_entries : kBatchSizes) {
        const std::string name = fmt::format("refused-{}", batch_entries);
        RelationalSink sink(store(name), SinkOptions{});
        ASSERT_TRUE(sink.open().has_value());
        ASSERT_EQ(sink.apply(journal.batch(0, 2)).value_or(0), 2U);
        refuse_from(100, name);
        apply_all(sink, journal, batch_entries);
        EXPECT_EQ(sink.dead_letters(), 1U) << name;
        EXPECT_EQ(sink.objections(), 1U) << name;
        EXPECT_EQ(integer("SELECT count(*) FROM dead_letters WHERE sequence = 10 AND reason LIKE "
                          "'%check constraint%'",
                          name),
                  1);
        // As if it had not happened: in no sum, no streak and no session.
        for (const char* sum :
             {"SELECT count(*) FROM events", "SELECT count(*) FROM cell_executions",
              "SELECT max(consecutive_error_count) FROM cell_executions",
              "SELECT executions FROM daily_totals", "SELECT errors FROM cell_states",
              "SELECT events FROM sessions"}) {
            EXPECT_EQ(integer(sum, name), 15) << name << ": " << sum;
        }
    }
}

TEST_F(PostgresObjectionTest, OfALargeBatchOnePartIsDoneEntryByEntry) {
    // Rows for several COPYs, of which some wait when one is refused.
    const std::string code(2'000, 'x');
    constexpr int kRuns = 2'500;
    TestJournal journal;
    for (int number = 1; number <= kRuns; ++number) {
        journal.post(event_json("cell_executed", "a@example.com", number * kSecondUs,
                                fmt::format(R"("cellId":"c","code":"{}","executionCount":{})", code,
                                            number == 1'700 ? 50'000 : number)),
                     kStartUs);
    }
    RelationalSink sink(store(), SinkOptions{});
    ASSERT_TRUE(sink.open().has_value());
    ASSERT_EQ(sink.apply(journal.batch(0, 1)).value_or(0), 1U);
    refuse_from(10'000, kName);
    std::vector<std::size_t> parts;
    for (std::uint64_t at = 1; at < kRuns; at += parts.back()) {
        const auto applied = sink.apply(journal.batch(at, 10'000));
        ASSERT_TRUE(applied.has_value()) << applied.error().message;
        parts.push_back(*applied);
    }
    EXPECT_EQ(parts, (std::vector<std::size_t>{1'000, 1'000, 499}));
    EXPECT_EQ(sink.objections(), 1U);
    EXPECT_EQ(sink.dead_letters(), 1U);
    EXPECT_EQ(integer("SELECT count(*) FROM cell_executions"), kRuns - 1);
    EXPECT_EQ(integer("SELECT successes FROM cell_states"), kRuns - 1);
    EXPECT_EQ(integer("SELECT sequence FROM dead_letters"), 1'700);
}

TEST_F(PostgresObjectionTest, MuchThatTheStoreDoesNotTakeStops) {
    TestJournal journal;
    for (int number = 1; number <= 30; ++number)
        journal.post(run_number(number), kStartUs);
    RelationalSink sink(store(), SinkOptions{});
    ASSERT_TRUE(sink.open().has_value());
    ASSERT_EQ(sink.apply(journal.batch(0, 5)).value_or(0), 5U);
    refuse_from(20, kName);
    const auto applied = sink.apply(journal.batch(5, 25));
    ASSERT_FALSE(applied.has_value());
    EXPECT_EQ(applied.error().code, ErrorCode::limit) << applied.error().message;
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 5);
    EXPECT_EQ(integer("SELECT count(*) FROM dead_letters"), 0);
}

#endif

}  // namespace
}  // namespace cellmon::relational
