// Goal: both engines hold the same of the same journal, and PostgreSQL holds it once, whatever ends
// its connections. Method: classes made up by chance, and texts that are hard to keep, go into
// both; the digests of the tables that both have are compared. Connections are ended by the
// server's own hand while batches are under way.

#include <atomic>
#include <thread>

#include "sinks/relational/test_class.hpp"
#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

// Sanitizers look at one engine only.
#ifndef CELLMON_SANITIZED

/// Stores of PostgreSQL; those of SQLite come out of `sqlite_`.
class EnginesTest : public StoreTest {
  protected:
    EnginesTest() : StoreTest(sql::Engine::postgres) {}

    /// What SQLite makes of the journal.
    [[nodiscard]] Digest digest_in_sqlite(const TestJournal& journal) const {
        RelationalSink sink(sqlite::make_store(*files_, path(), {}), SinkOptions{});
        apply_all(sink, journal, 1'000);
        auto database = sqlite::open_database(path(), {});
        EXPECT_TRUE(database.has_value());
        auto found = digest(**database, TableSet::live());
        EXPECT_TRUE(found.has_value()) << found.error().message;
        return found.value_or(Digest{});
    }
};

TEST_F(EnginesTest, BatchesOf1And7And10000GiveTheDigestsOfSqlite) {
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
        SeededRandom random(seed);
        auto made = make_class(random, seed == 1 ? 1'500 : 200);
        TestJournal journal = post_class(made);
        journal.append(journal::EntryKind::quarantine, "{}", kStartUs);
        journal.append(journal::EntryKind::event, "unreadable", kStartUs);
        const Digest wanted = digest_in_sqlite(journal);
        for (const std::size_t batch_entries : {1U, 7U, 10'000U}) {
            const std::string name = fmt::format("seed-{}-{}", seed, batch_entries);
            RelationalSink sink(store(name), SinkOptions{});
            apply_all(sink, journal, batch_entries);
            EXPECT_EQ(sink.objections(), 0U) << name;
            const Digest found = digest_of(name);
            EXPECT_EQ(found.tables.size(), wanted.tables.size() - 2) << "all but the index of ids";
            EXPECT_EQ(found.differences(wanted), "") << name;
            EXPECT_EQ(found.tables.at("events").rows, static_cast<std::int64_t>(made.size()));
            EXPECT_GT(found.tables.at("help_requests").rows, 1);
        }
        std::filesystem::remove(path());
    }
}

TEST_F(EnginesTest, TextsAreOneValueInBoth) {
    TestJournal journal;
    const std::vector<std::string> texts = {"",
                                            "'",
                                            R"(\\)",
                                            R"(\\x00)",
                                            "%s $1 ? {id}",
                                            "安倍 \xF0\x9F\x98\x80",
                                            R"(\u0000)",
                                            R"(\ud800)",
                                            R"(a\nb\tc\r)",
                                            "\xE2\x90\x80",
                                            std::string(20'000, 'x')};
    TimeUs offset_us = 0;
    for (const std::string& text : texts) {
        offset_us += kSecondUs;
        journal.post(run_json("a@example.com", "c", offset_us, true,
                              fmt::format(R"("userName":"{0}","teamName":"{0}","output":"{0}",)"
                                          R"("errorMessage":"{0}","errorName":"{0}")",
                                          text)),
                     kStartUs + offset_us);
        journal.post(event_json("help", fmt::format("{}@x", offset_us), offset_us,
                                fmt::format(R"("helpNote":"{0}","sessionId":"{0}","streamId":)"
                                            R"("{0}","streamSequence":1,"classCode":"{0}")",
                                            text)),
                     kStartUs + offset_us);
    }
    // Bytes that are no text, in what was put aside.
    journal.append(journal::EntryKind::quarantine, std::string_view("\xff\0\\x41", 6), kStartUs);
    journal.append(journal::EntryKind::event, std::string_view("\xfe\0?", 3), kStartUs);
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal, 5);
    EXPECT_EQ(digest_of().differences(digest_in_sqlite(journal)), "");
}

TEST_F(EnginesTest, APathLongerThanAnIndexTakesHasOneRow) {
    TestJournal journal;
    SeededRandom random(1);
    std::string longest;
    while (longest.size() < 4'000)
        longest += fmt::format("{:016x}", random.u64());
    for (int at = 0; at < 3; ++at) {
        journal.post(event_json("notebook_opened", "a@example.com", at * kSecondUs,
                                fmt::format(R"("notebookPath":"{}")", longest)),
                     kStartUs + at * kSecondUs);
        RelationalSink sink(store(), SinkOptions{});
        apply_all(sink, journal, 1);
    }
    EXPECT_EQ(integer("SELECT count(*) FROM notebooks"), 1);
    EXPECT_EQ(integer("SELECT length(path) FROM notebooks"), 4'000);
    const auto second = connect()->execute(
        "INSERT INTO notebooks (path, name, created_us) SELECT path, name, 0 FROM notebooks");
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, ErrorCode::invalid);
}

TEST_F(EnginesTest, ASecondRowOfAnIdIsACorruptStore) {
    TestJournal journal;
    for (int at = 0; at < 5; ++at)
        journal.post(run_json("a@example.com", "c", at * kSecondUs, false), kStartUs);
    const auto& first = journal.entries[1];
    journal.append(journal::EntryKind::event, first.payload, kStartUs, first.header.id, 1);
    for (const std::size_t batch_entries : {1U, 2U, 5U}) {
        const std::string name = fmt::format("again-{}", batch_entries);
        RelationalSink sink(store(name), SinkOptions{});
        ASSERT_TRUE(sink.open().has_value());
        ASSERT_TRUE(sink.apply(journal.batch(0, 6 - batch_entries)).has_value());
        const auto found = sink.apply(journal.batch(6 - batch_entries, batch_entries));
        ASSERT_FALSE(found.has_value()) << name;
        EXPECT_EQ(found.error().code, ErrorCode::corrupt) << name;
        EXPECT_NE(found.error().message.find("at sequence 6: "), std::string::npos)
            << found.error().message;
        EXPECT_EQ(integer("SELECT count(*) FROM events", name),
                  static_cast<std::int64_t>(6 - batch_entries));
    }
}

TEST_F(EnginesTest, ConnectionsThatDieAtAnyMomentLoseAndDoubleNothing) {
    SeededRandom random(9);
    auto made = make_class(random, 1'500);
    const TestJournal journal = post_class(made);
    RelationalSink sink(store(), SinkOptions{});
    std::atomic<int> batches{0};
    std::atomic<bool> done{false};
    std::thread killer([&] {
        auto connection = sql::connect_postgres(url_, std::chrono::seconds(20));
        SeededRandom pauses(10);
        // Some progress between two deaths, so that it ends; then any moment.
        for (int seen = 0; connection && !done;) {
            std::this_thread::sleep_for(std::chrono::microseconds(pauses.u32() % 10'000));
            if (batches == seen) continue;
            seen = batches;
            static_cast<void>((*connection)
                                  ->run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                        "WHERE datname = current_database() AND pid <> "
                                        "pg_backend_pid()"));
        }
    });
    std::uint64_t at = 0;
    int deaths = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (at < journal.entries.size() && std::chrono::steady_clock::now() < deadline) {
        const auto cursor = sink.open();
        if (!cursor) {
            ASSERT_EQ(cursor.error().code, ErrorCode::unavailable) << cursor.error().message;
            continue;
        }
        at = cursor->has_value() ? (*cursor)->sequence : 0;
        while (at < journal.entries.size()) {
            const auto applied = sink.apply(journal.batch(at, 1 + random.u32() % 60));
            if (!applied) {
                EXPECT_EQ(applied.error().code, ErrorCode::unavailable) << applied.error().message;
                ++deaths;
                break;
            }
            at += *applied;
            ++batches;
        }
    }
    done = true;
    killer.join();
    ASSERT_EQ(at, journal.entries.size());
    EXPECT_EQ(sink.objections(), 0U);
    EXPECT_GT(deaths, 3) << "nothing was hit";
    EXPECT_EQ(digest_of().differences(digest_in_sqlite(journal)), "");
}

TEST_F(EnginesTest, AWriterInTheWayPassesAndAnInterruptedWaitEnds) {
    TestJournal journal;
    for (int at = 0; at < 3; ++at)
        journal.post(run_json("a@example.com", "c", at * kSecondUs, false), kStartUs);
    {
        RelationalSink first(store(), SinkOptions{});
        apply_all(first, journal, 2);
    }
    auto hasty = postgres_options();
    hasty.timeout = std::chrono::milliseconds(500);
    RelationalSink sink(postgres::make_store(hasty), SinkOptions{});
    const auto other = connect();
    auto held = Transaction::begin(*other);
    ASSERT_TRUE(held.has_value() && other->integer("SELECT 1").has_value());
    const auto refused = sink.open();
    ASSERT_FALSE(refused.has_value());
    EXPECT_TRUE(refused.error().code == ErrorCode::locked ||
                refused.error().code == ErrorCode::unavailable)
        << refused.error().message;

    RelationalSink patient(store(), SinkOptions{});
    std::thread interrupter([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        patient.interrupt();
    });
    const auto before = std::chrono::steady_clock::now();
    const auto ended = patient.open();
    interrupter.join();
    ASSERT_FALSE(ended.has_value());
    EXPECT_EQ(ended.error().code, ErrorCode::cancelled) << ended.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
}

TEST_F(EnginesTest, AConnectionThatIsGivenUpLetsItsLocksGo) {
    TestJournal journal;
    for (int at = 0; at < 3; ++at)
        journal.post(run_json("a@example.com", "c", at * kSecondUs, false), kStartUs);
    RelationalSink sink(store(), SinkOptions{});
    ASSERT_TRUE(sink.open().has_value());
    ASSERT_TRUE(sink.apply(journal.batch(0, 2)).has_value());
    // The batch waits for a table, holding the lock of writers.
    const auto other = connect();
    ASSERT_TRUE(other->execute("BEGIN; LOCK TABLE events IN SHARE MODE").has_value());
    Result<std::size_t> applied;
    std::thread applier([&] { applied = sink.apply(journal.batch(2, 1)); });
    const auto waits = [&] {
        return integer(
                   "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
                   "'events'::regclass") == 1;
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!waits() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    sink.interrupt();
    applier.join();
    ASSERT_FALSE(applied.has_value());
    EXPECT_EQ(applied.error().code, ErrorCode::cancelled) << applied.error().message;

    auto hasty = postgres_options();
    hasty.timeout = std::chrono::seconds(10);
    const auto next = postgres::open_database(hasty);
    ASSERT_TRUE(next.has_value());
    const auto begun = Transaction::begin(**next);
    ASSERT_TRUE(begun.has_value());
    const auto locked = (*next)->integer("SELECT 1");
    EXPECT_TRUE(locked.has_value()) << locked.error().message;
}

#endif

}  // namespace
}  // namespace cellmon::relational
