// Goal: one connection projects into a PostgreSQL. Who is dead is ended by its successor, with what
// it left undone; who is alive is not, and the second is told. Method: connections that say nothing
// for longer than they may, and one that goes on speaking.

#include <atomic>
#include <thread>

#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

// Sanitizers look at one engine only.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

constexpr std::chrono::milliseconds kSilence{400};
constexpr std::chrono::hours kForEver{1};

class LeadTest : public StoreTest {
  protected:
    LeadTest() : StoreTest(sql::Engine::postgres) {}

    [[nodiscard]] postgres::ConnectionOptions server(
        std::string journal, std::string process,
        std::chrono::milliseconds silence = kSilence) const {
        auto options = postgres_options();
        options.lead = {std::move(journal), std::move(process), silence};
        return options;
    }

    /// A connection that leads.
    [[nodiscard]] static std::unique_ptr<Database> leading(
        const postgres::ConnectionOptions& options) {
        auto database = postgres::open_database(options);
        EXPECT_TRUE(database.has_value()) << database.error().message;
        const auto led = (*database)->lead();
        EXPECT_TRUE(led.has_value()) << led.error().message;
        return std::move(*database);
    }

    static bool is_alive(Database& database) { return database.integer("SELECT 1").has_value(); }
};

TEST_F(LeadTest, ADeadOneIsEndedWithWhatItLeftUndone) {
    TestJournal journal;
    for (int at = 0; at < 3; ++at)
        journal.post(run_json("a@example.com", "c", at * kSecondUs, false), kStartUs);
    {
        RelationalSink sink(postgres::make_store(server("j", "dead")), SinkOptions{});
        apply_all(sink, journal, 3);
    }
    const auto dead = leading(server("j", "dead"));
    ASSERT_TRUE(dead->begin_write().has_value());
    auto remove = dead->prepare("DELETE FROM events");
    ASSERT_TRUE(remove.has_value() && remove->run().has_value() && is_alive(*dead));

    RelationalSink successor(postgres::make_store(server("j", "successor")), SinkOptions{});
    journal.post(run_json("a@example.com", "c", 9 * kSecondUs, false), kStartUs);
    apply_all(successor, journal, 3);
    EXPECT_EQ(integer("SELECT count(*) FROM events"), 4);
    EXPECT_FALSE(is_alive(*dead));
}

TEST_F(LeadTest, OneOfTheSameProcessIsEndedAtOnce) {
    const auto before = leading(server("j", "one", kForEver));
    // Who waits for its silence waits for ever.
    const auto interrupted = std::make_shared<std::atomic<bool>>(false);
    const std::jthread watchdog([&](const std::stop_token& stop) {
        for (int i = 0; i < 200 && !stop.stop_requested(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        *interrupted = true;
    });
    auto options = server("j", "one", kForEver);
    options.interrupted = interrupted;
    const auto next = postgres::open_database(options);
    ASSERT_TRUE(next.has_value()) << next.error().message;
    EXPECT_TRUE((*next)->lead().has_value());
    EXPECT_FALSE(is_alive(*before));
}

TEST_F(LeadTest, ALiveOneIsLeftAloneAndTheSecondIsTold) {
    const auto first = leading(server("j", "one"));
    std::atomic<bool> done{false};
    std::atomic<bool> alive{true};
    std::thread speaks([&] {
        while (!done) {
            alive = alive && is_alive(*first);
            std::this_thread::sleep_for(kSilence / 8);
        }
    });
    RelationalSink second(postgres::make_store(server("j", "two")), SinkOptions{});
    const auto opened = second.open();
    done = true;
    speaks.join();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::mismatch) << opened.error().message;
    EXPECT_NE(opened.error().message.find("another server with a copy of this journal"),
              std::string::npos)
        << opened.error().message;
    EXPECT_TRUE(alive && is_alive(*first));
}

TEST_F(LeadTest, OneOfAnotherJournalIsNoneOfOurs) {
    const auto other = leading(server("their journal", "one", std::chrono::milliseconds(0)));
    const auto database = postgres::open_database(server("j", "two", std::chrono::milliseconds(0)));
    ASSERT_TRUE(database.has_value()) << database.error().message;
    const auto led = (*database)->lead();
    ASSERT_FALSE(led.has_value());
    EXPECT_EQ(led.error().code, ErrorCode::locked);
    EXPECT_TRUE(is_alive(*other));
}

TEST_F(LeadTest, OneThatPostgresIsAtWorkForIsNotTakenForDead) {
    const auto busy = leading(server("j", "one"));
    std::thread works([&] { EXPECT_TRUE(busy->execute("SELECT pg_sleep(1.5)").has_value()); });
    const auto second = postgres::open_database(server("j", "two"));
    works.join();
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, ErrorCode::locked) << second.error().message;
    EXPECT_TRUE(is_alive(*busy));
}

TEST_F(LeadTest, EveryWaitOfAConnectionHasAnEnd) {
    auto options = server("j", "one");
    options.timeout = std::chrono::milliseconds(7'000);
    const auto database = postgres::open_database(options);
    ASSERT_TRUE(database.has_value());
    const auto setting = [&](const char* name) {
        return (*database)
            ->integer(fmt::format(
                "SELECT CAST(setting AS BIGINT) FROM pg_settings WHERE name = '{}'", name))
            .value()
            .value_or(-1);
    };
    EXPECT_EQ(setting("statement_timeout"), 7'000);
    EXPECT_EQ(setting("lock_timeout"), 7'000);
    EXPECT_EQ(setting("idle_in_transaction_session_timeout"), 60'000);
    EXPECT_EQ(setting("client_connection_check_interval"), 1'000);
    EXPECT_EQ(setting("tcp_user_timeout"), 7'000);
    EXPECT_EQ(setting("tcp_keepalives_idle"), 5);
    EXPECT_EQ(setting("tcp_keepalives_interval"), 5);
    EXPECT_EQ(setting("tcp_keepalives_count"), 3);
}

#endif

}  // namespace
}  // namespace cellmon::relational
