// Goal: the same statements give the same rows and the same kinds of error on SQLite and on
// PostgreSQL; transactions hold; what got in the way is tried again, what is lost is not done
// twice. Method: every test on both engines, each with a database of its own.
#include "sql/database.hpp"

#include <atomic>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sql/test_database.hpp"

namespace cellmon::sql {
namespace {

constexpr std::array<Migration, 1> kTables{{{"tables", R"sql(
CREATE TABLE people (
    id {id},
    name TEXT NOT NULL UNIQUE,
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    points DOUBLE PRECISION,
    at_us BIGINT CHECK (at_us >= 0)
);
CREATE TABLE files (id {id}, content BYTEA CHECK (length(content) > 0));
CREATE TABLE notes (id {id}, person_id BIGINT NOT NULL REFERENCES people (id), text TEXT);
)sql"}}};

class DatabaseTest : public ::testing::TestWithParam<Engine> {
  protected:
    Database& open() {
        database_ = std::make_unique<Database>(place_.options(), kTables, clock_);
        const auto prepared = database_->prepare();
        EXPECT_TRUE(prepared) << prepared.error().message;
        return *database_;
    }
    Result<std::int64_t> add(const std::string& name) {
        return database_->write([&](Connection& connection) -> Result<std::int64_t> {
            CELLMON_TRY_ASSIGN(
                const Rows rows,
                connection.run("INSERT INTO people (name) VALUES ($1) RETURNING id", name));
            return rows.front().integer(0);
        });
    }
    Result<Rows> ask(std::string_view statement) {
        return database_->read([&](Connection& connection) { return connection.run(statement); });
    }
    std::int64_t count() {
        const auto rows = ask("SELECT count(*) FROM people");
        EXPECT_TRUE(rows) << rows.error().message;
        return rows ? rows->front().integer(0) : -1;
    }
    ErrorCode code_of(std::string_view statement) {
        const auto done =
            database_->write([&](Connection& connection) { return connection.run(statement); });
        EXPECT_FALSE(done) << statement;
        return done ? ErrorCode::cancelled : done.error().code;
    }

    SystemClock clock_;
    TestDatabase place_{GetParam()};
    std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Engines, DatabaseTest, kTestedEngines, engine_name);

TEST_P(DatabaseTest, ValuesComeBackAsTheyWent) {
    open();
    const bool holds =
        rc::check("round trip", [&](std::int64_t number, bool none, bool truth, std::uint32_t at) {
            // Any text but NUL, which is no part of a text in PostgreSQL; ingest replaces it.
            const auto name =
                *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)));
            const double points = static_cast<double>(at) / 3.0;
            const auto rows = database_->write([&](Connection& connection) -> Result<Rows> {
                CELLMON_TRY(connection.run("DELETE FROM people"));
                return connection.run(
                    "INSERT INTO people (at_us, is_active, name, points) VALUES ($4, $2, $1, $3) "
                    "RETURNING name, is_active, points, at_us, $5",
                    name, truth, points, at,
                    none ? std::optional<std::int64_t>() : std::optional<std::int64_t>(number));
            });
            RC_ASSERT(rows.has_value());
            const Row& row = rows->front();
            RC_ASSERT(row.text(0) == name);
            RC_ASSERT(row.boolean(1) == truth);
            RC_ASSERT(row.real(2) == points);
            RC_ASSERT(row.integer(3) == at);
            RC_ASSERT(row.is_null(4) == none);
            RC_ASSERT((none || row.integer(4) == number));
            RC_ASSERT(rows->changed == 1);
        });
    EXPECT_TRUE(holds);
}

TEST_P(DatabaseTest, JapaneseTextAndEmptyTextAreKept) {
    open();
    for (const std::string name : {"受講生 🎓", "", "'; DROP TABLE people; --"}) {
        ASSERT_TRUE(add(name));
    }
    const auto rows = ask("SELECT name FROM people ORDER BY id");
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->rows[0].text(0), "受講生 🎓");
    EXPECT_EQ(rows->rows[1].text(0), "");
    EXPECT_EQ(rows->rows[2].text(0), "'; DROP TABLE people; --");
    EXPECT_EQ(rows->changed, 0);
}

TEST_P(DatabaseTest, BytesComeBackAsTheyWent) {
    open();
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    for (const std::string& content :
         {all, std::string(1, '\0'), std::string("12"), std::string("\\x")}) {
        const auto rows = database_->write([&](Connection& connection) {
            return connection.run(
                "INSERT INTO files (content) VALUES ($1) RETURNING content, "
                "length(content)",
                Bytes{content});
        });
        ASSERT_TRUE(rows) << rows.error().message;
        EXPECT_EQ(rows->front().bytes(0), content);
        EXPECT_EQ(rows->front().integer(1), static_cast<std::int64_t>(content.size()));
    }
    const auto none = database_->write([&](Connection& connection) {
        return connection.run("INSERT INTO files (content) VALUES ($1) RETURNING content", nullptr);
    });
    ASSERT_TRUE(none) << none.error().message;
    EXPECT_TRUE(none->front().is_null(0));
    const auto empty = database_->write([&](Connection& connection) {
        return connection.run("INSERT INTO files (content) VALUES ($1)", Bytes{});
    });
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, ErrorCode::invalid);
}

TEST_P(DatabaseTest, ErrorsAreClassified) {
    open();
    ASSERT_TRUE(add("a"));
    EXPECT_EQ(code_of("INSERT INTO people (name) VALUES ('a')"), ErrorCode::already_exists);
    EXPECT_EQ(code_of("INSERT INTO notes (person_id) VALUES (99)"), ErrorCode::reference);
    EXPECT_EQ(code_of("INSERT INTO people (name) VALUES (NULL)"), ErrorCode::invalid);
    EXPECT_EQ(code_of("INSERT INTO people (name, at_us) VALUES ('b', -1)"), ErrorCode::invalid);
    EXPECT_EQ(code_of("SELECT nonsense"), ErrorCode::io);
    ASSERT_TRUE(database_->write([](Connection& connection) {
        return connection.run("INSERT INTO notes (person_id) SELECT id FROM people");
    }));
    EXPECT_EQ(code_of("DELETE FROM people"), ErrorCode::reference);
    EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, NoMessageHoldsAValueOfARow) {
    open();
    ASSERT_TRUE(add("a secret name"));
    const auto again = add("a secret name");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message.find("secret"), std::string::npos) << again.error().message;
}

TEST_P(DatabaseTest, WhatIsCommittedIsSynced) {
    open();
    if (GetParam() == Engine::sqlite) {
        const auto connection = place_.connect();
        constexpr std::int64_t kFull = 2;
        EXPECT_EQ(connection->run("PRAGMA synchronous")->front().integer(0), kFull);
        EXPECT_EQ(connection->run("PRAGMA journal_mode")->front().text(0), "wal");
        EXPECT_EQ(connection->run("PRAGMA foreign_keys")->front().integer(0), 1);
        return;
    }
    const auto first = place_.connect();
    const auto name = first->run("SELECT current_database()");
    ASSERT_TRUE(
        first->script("ALTER DATABASE " + name->front().text(0) + " SET synchronous_commit = off"));
    EXPECT_EQ(place_.connect()->run("SHOW synchronous_commit")->front().text(0), "on");
    ASSERT_TRUE(first->script("ALTER DATABASE " + name->front().text(0) +
                              " SET synchronous_commit = remote_apply"));
    EXPECT_EQ(place_.connect()->run("SHOW synchronous_commit")->front().text(0), "remote_apply");
}

TEST_P(DatabaseTest, AnErrorRollsEverythingBack) {
    open();
    const auto done = database_->write([&](Connection& connection) -> Result<void> {
        CELLMON_TRY(connection.run("INSERT INTO people (name) VALUES ('x')"));
        return fail(ErrorCode::invalid, "on second thoughts");
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "on second thoughts");
    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(add("x")) << "the connection is as good as new";
}

TEST_P(DatabaseTest, AReaderDoesNotWrite) {
    open();
    if (GetParam() == Engine::sqlite) return;  // SQLite has no such transaction.
    const auto done = database_->read([&](Connection& connection) {
        return connection.run("INSERT INTO people (name) VALUES ('x')");
    });
    EXPECT_FALSE(done);
}

TEST_P(DatabaseTest, IdsAreNeverGivenTwice) {
    open();
    ASSERT_TRUE(add("a"));
    const auto second = add("b");
    ASSERT_TRUE(second);
    ASSERT_TRUE(database_->write(
        [](Connection& connection) { return connection.run("DELETE FROM people"); }));
    const auto third = add("c");
    ASSERT_TRUE(third);
    EXPECT_GT(*third, *second);
}

TEST_P(DatabaseTest, NoUpdateIsLostAmongThreads) {
    open();
    ASSERT_TRUE(add("counter"));
    constexpr int kThreads = 4;
    constexpr int kTimes = 15;
    std::atomic<int> done{0};
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < kThreads; ++thread) {
            threads.emplace_back([&] {
                for (int time = 0; time < kTimes;) {
                    // Read, then write what was read and one: a lost update would be seen.
                    const auto added = database_->write([](Connection& connection) -> Result<void> {
                        CELLMON_TRY_ASSIGN(const Rows rows,
                                           connection.run("SELECT coalesce(at_us, 0) FROM people"));
                        CELLMON_TRY(connection.run("UPDATE people SET at_us = $1",
                                                   rows.front().integer(0) + 1));
                        return {};
                    });
                    if (added) {
                        ++done;
                        ++time;
                    } else if (added.error().code != ErrorCode::unavailable) {
                        ADD_FAILURE() << added.error().message;
                        return;
                    }
                }
            });
        }
    }
    EXPECT_EQ(done, kThreads * kTimes);
    EXPECT_EQ(ask("SELECT at_us FROM people")->front().integer(0), kThreads * kTimes);
}

TEST_P(DatabaseTest, AWriterThatHoldsOnIsToldOfAsUnavailable) {
    place_.options().timeout = std::chrono::milliseconds(100);
    place_.options().attempts = 2;
    open();
    ASSERT_TRUE(add("a"));
    const auto other = place_.connect();
    ASSERT_TRUE(other->begin(Access::write));
    ASSERT_TRUE(other->run("UPDATE people SET at_us = 1"));
    const auto blocked = database_->write(
        [](Connection& connection) { return connection.run("UPDATE people SET at_us = 2"); });
    ASSERT_FALSE(blocked);
    EXPECT_EQ(blocked.error().code, ErrorCode::unavailable) << blocked.error().message;
    other->rollback();
    EXPECT_TRUE(database_->write(
        [](Connection& connection) { return connection.run("UPDATE people SET at_us = 2"); }));
}

TEST_P(DatabaseTest, ConnectionsAreBoundedAndComeBack) {
    place_.options().connections = 1;
    place_.options().timeout = std::chrono::milliseconds(100);
    open();
    const auto inner = database_->read([&](Connection&) -> Result<ErrorCode> {
        const auto second = ask("SELECT 1");
        EXPECT_FALSE(second);
        return second ? ErrorCode::cancelled : second.error().code;
    });
    ASSERT_TRUE(inner);
    EXPECT_EQ(*inner, ErrorCode::unavailable);
    EXPECT_TRUE(ask("SELECT 1"));
}

TEST_P(DatabaseTest, TwoStartsAtOnceMakeOneSchema) {
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> starts;
        for (int start = 0; start < 4; ++start) {
            starts.emplace_back([&] {
                Database database(place_.options(), kTables, clock_);
                const auto prepared = database.prepare();
                EXPECT_TRUE(prepared) << prepared.error().message;
                if (prepared) ++good;
            });
        }
    }
    EXPECT_EQ(good, 4);
    open();
    EXPECT_EQ(ask("SELECT count(*) FROM schema_version")->front().integer(0), 1);
}

TEST_P(DatabaseTest, ANewerSchemaIsRefused) {
    open();
    ASSERT_TRUE(database_->write([](Connection& connection) {
        return connection.run("INSERT INTO schema_version VALUES (99, 'later', 0)");
    }));
    Database older(place_.options(), kTables, clock_);
    const auto prepared = older.prepare();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, ErrorCode::newer_format);
    EXPECT_NE(prepared.error().message.find("version 99"), std::string::npos);
    EXPECT_NE(prepared.error().message.find("newer program"), std::string::npos);
}

TEST_P(DatabaseTest, AFailedStepLeavesNothingBehind) {
    constexpr std::array<Migration, 2> kBroken{
        {{"good", "CREATE TABLE first (id {id});"}, {"bad", "CREATE TABLE second (nonsense"}}};
    Database broken(place_.options(), kBroken, clock_);
    ASSERT_FALSE(broken.prepare());
    const auto connection = place_.connect();
    EXPECT_FALSE(connection->run("SELECT count(*) FROM first"));
    open();
    EXPECT_TRUE(add("a"));
}

TEST_P(DatabaseTest, AConnectionThatDiedIsReplaced) {
    open();
    ASSERT_TRUE(add("a"));
    if (GetParam() == Engine::sqlite) return;  // Nothing between it and its file can die.
    const auto other = place_.connect();
    ASSERT_TRUE(
        other->run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                   "current_database() AND pid <> pg_backend_pid()"));
    EXPECT_TRUE(add("b"));
    EXPECT_EQ(count(), 2);
}

TEST_P(DatabaseTest, AConnectionThatDiesBeforeTheCommitIsNotTakenForASuccess) {
    open();
    if (GetParam() == Engine::sqlite) return;
    int times = 0;
    const auto other = place_.connect();
    const auto done = database_->write([&](Connection& connection) -> Result<void> {
        CELLMON_TRY(connection.run("INSERT INTO people (name) VALUES ('x')"));
        if (++times == 1) {
            CELLMON_TRY(
                other->run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                           "current_database() AND pid <> pg_backend_pid()"));
        }
        return {};
    });
    // Its COMMIT was asked for and not answered: whoever asked hears that it is not known.
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::unavailable);
    EXPECT_EQ(times, 1);
    EXPECT_EQ(count(), 0);
}

TEST(PostgresUrl, WhatCannotBeReadIsNotRepeated) {
    const auto read = check_postgres_url("postgresql://user:hunter2@[::1:5432/db");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::invalid);
    EXPECT_EQ(read.error().message.find("hunter2"), std::string::npos);
    EXPECT_TRUE(check_postgres_url("postgresql://user:hunter2@localhost/db"));
}

TEST(PostgresUrl, NobodyThereIsUnavailableAndRests) {
    DatabaseOptions options;
    options.postgres_url = "postgresql://user:hunter2@127.0.0.1:1/db";
    const SystemClock clock;
    Database database(options, kTables, clock);
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto prepared = database.prepare();
        ASSERT_FALSE(prepared);
        EXPECT_EQ(prepared.error().code, ErrorCode::unavailable);
        EXPECT_EQ(prepared.error().message.find("hunter2"), std::string::npos);
    }
}

TEST(PostgresUrl, AServerThatSaysNothingIsGivenUp) {
    // The system takes the connection for a program that never looks at it.
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(::bind(socket, any, size), 0);
    ASSERT_EQ(::listen(socket, 8), 0);
    ASSERT_EQ(::getsockname(socket, any, &size), 0);
    DatabaseOptions options;
    options.timeout = std::chrono::milliseconds(150);
    options.postgres_url =
        "postgresql://user@127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/db";
    const SystemClock clock;
    Database database(options, kTables, clock);
    const std::int64_t began_us = clock.steady_us();
    const auto prepared = database.prepare();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, ErrorCode::unavailable);
    EXPECT_NE(prepared.error().message.find("no answer in time"), std::string::npos);
    // Whoever asks within the next second does not wait again.
    for (int asked = 0; asked < 100; ++asked)
        EXPECT_FALSE(database.prepare());
    EXPECT_LT(clock.steady_us() - began_us, 100 * 150'000);
    EXPECT_TRUE(database.trouble());
    ::close(socket);
}

}  // namespace
}  // namespace cellmon::sql
