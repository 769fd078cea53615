// Goal: the stream holds the newest entries of the journal, each once and in order, whatever became
// of Redis, of an answer or of a second writer; what needs a person is told apart from what passes.
// Method: a Redis of the test program, to which the test does what people and faults do.
#include "sinks/redis/redis_sink.hpp"

#include <thread>

#include "sinks/redis/stream_entry.hpp"
#include "sinks/redis/test_journal.hpp"
#include "sinks/redis/test_redis.hpp"

namespace cellmon::redis {
namespace {

using namespace std::chrono_literals;

class RedisSinkTest : public ::testing::Test {
  protected:
    std::unique_ptr<RedisSink> make(const TestJournal& journal) {
        RedisSink::Parts parts{journal.history,
                               clock_,
                               [] { return live::Thresholds{}; },
                               [this] {
                                   return live::LiveCheckpoint{
                                       folded_.value_or(journal_.entries.size()),
                                       "picture " + std::to_string(++pictures_)};
                               },
                               [] { return std::string("status"); },
                               [this] { return place_; },
                               "host"};
        return std::make_unique<RedisSink>(options_, std::move(parts));
    }

    /// What a runner does with a sink that is up: all behind its cursor.
    Result<void> catch_up(RedisSink& sink, const TestJournal& journal, std::uint64_t from,
                          std::size_t batch = 100'000) {
        while (from < journal.entries.size()) {
            CELLMON_TRY_ASSIGN(const std::size_t count, sink.apply(journal.batch(from, batch)));
            from += count;
        }
        return sink.caught_up();
    }

    /// What a runner does with a sink, from its start on.
    Result<void> follow(RedisSink& sink, const TestJournal& journal) {
        CELLMON_TRY_ASSIGN(const auto cursor, sink.open());
        const std::uint64_t size = journal.entries.size();
        const std::uint64_t newest = *sink.keeps_newest();
        if (!cursor) return catch_up(sink, journal, size > newest ? size - newest : 0);
        if (*cursor != journal.cursor_at(cursor->sequence) || cursor->sequence > size) {
            return fail(ErrorCode::mismatch, "as Reader::seek");
        }
        return catch_up(sink, journal, cursor->sequence);
    }

    /// The stream is the journal's end, from `first` on.
    void expect_stream(const TestJournal& journal, std::uint64_t first) {
        const auto reply = beside_.ask({"XRANGE", stream_key(journal.history), "-", "+"});
        const auto elements = elements_of(*reply);
        ASSERT_EQ(elements.size(), journal.entries.size() + 1 - first);
        for (std::size_t at = 0; at < elements.size(); ++at) {
            const auto found = read_entry(*elements[at]);
            ASSERT_TRUE(found) << found.error().message;
            const journal::Entry& expected = journal.entries.at(first - 1 + at);
            EXPECT_EQ(found->header.sequence, expected.header.sequence);
            EXPECT_EQ(found->header.id, expected.header.id);
            EXPECT_EQ(found->header.kind, expected.header.kind);
            EXPECT_EQ(found->header.received_us, expected.header.received_us);
            EXPECT_EQ(found->header.content_hash, expected.header.content_hash);
            EXPECT_EQ(found->chain, expected.chain);
            EXPECT_EQ(found->redacted, expected.redacted);
            EXPECT_EQ(found->payload, expected.payload);
        }
    }

    FixedClock clock_;
    RedisOptions options_ = [] {
        RedisOptions options;
        options.url = TestRedis::get().new_database();
        options.timeout = 60s;
        options.stream_events = 50;
        return options;
    }();
    int pictures_ = 0;
    std::optional<std::uint64_t> folded_;  ///< By the live state; none: all.
    std::string place_ = "http://127.0.0.1:8000";
    Beside beside_{options_.url};
    TestJournal journal_;
    std::string stream_ = stream_key(journal_.history);
};

TEST_F(RedisSinkTest, TheNewestEntriesAreThereInOrderWhateverTheBatches) {
    journal_.grow(30);
    journal_.append(journal::EntryKind::quarantine, R"({"raw":"\u0000"})", kStartUs, Id128{});
    journal_.append(journal::EntryKind::server, "{}", kStartUs, Id128{});
    journal_.entries.at(3).redacted = true;
    journal_.entries.at(3).payload = {};
    for (const std::size_t batch : {1, 7, 1'000}) {
        beside_.ask({"FLUSHDB"});
        const auto sink = make(journal_);
        ASSERT_EQ(*sink->open(), std::nullopt);
        ASSERT_TRUE(catch_up(*sink, journal_, 0, batch));
        expect_stream(journal_, 1);
    }
    journal_.grow(100);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    expect_stream(journal_, journal_.entries.size() - 49);
}

TEST_F(RedisSinkTest, TransactionsAreBounded) {
    options_.transaction_events = 8;
    journal_.grow(20);
    const auto sink = make(journal_);
    ASSERT_TRUE(sink->open());
    EXPECT_EQ(*sink->apply(journal_.batch(0)), 8U);
    options_.transaction_events = 1'000;
    options_.transaction_bytes = 1;
    const auto other = make(journal_);
    ASSERT_TRUE(other->open());
    EXPECT_EQ(*other->apply(journal_.batch(8)), 1U);
}

TEST_F(RedisSinkTest, TheStreamIsTheCursor) {
    journal_.grow(20);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    const auto other = make(journal_);
    const auto cursor = other->open();
    ASSERT_TRUE(cursor) << cursor.error().message;
    EXPECT_EQ(*cursor, journal_.cursor_at(20));
}

TEST_F(RedisSinkTest, AWipedRedisIsNoticedWithoutAnEventAndFilled) {
    journal_.grow(120);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    beside_.ask({"FLUSHALL"});
    EXPECT_EQ(sink->caught_up().error().code, ErrorCode::unavailable);
    ASSERT_TRUE(follow(*sink, journal_));
    expect_stream(journal_, 71);
}

TEST_F(RedisSinkTest, AWipeBetweenTwoBatchesLosesNothing) {
    journal_.grow(20);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    beside_.ask({"FLUSHALL"});
    journal_.grow(20);
    EXPECT_EQ(sink->apply(journal_.batch(20)).error().code, ErrorCode::unavailable);
    ASSERT_TRUE(follow(*sink, journal_));
    expect_stream(journal_, 1);
}

TEST_F(RedisSinkTest, AStreamWhoseEndWasDeletedIsMadeAnew) {
    journal_.grow(20);
    const auto sink = make(journal_);
    for (const bool all : {true, false}) {
        ASSERT_TRUE(follow(*sink, journal_));
        if (all) {
            beside_.ask({"XTRIM", stream_, "MAXLEN", "0"});
        } else {
            beside_.ask({"XDEL", stream_, "20-0"});
        }
        EXPECT_EQ(sink->caught_up().error().code, ErrorCode::unavailable);
        ASSERT_TRUE(follow(*sink, journal_));
        expect_stream(journal_, 1);
    }
}

TEST_F(RedisSinkTest, AnOlderCopyIsContinued) {
    journal_.grow(20);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    const std::string older = beside_.text({"DUMP", stream_});
    journal_.grow(20);
    ASSERT_TRUE(catch_up(*sink, journal_, 20));
    beside_.ask({"RESTORE", stream_, "0", older, "REPLACE"});
    EXPECT_EQ(sink->caught_up().error().code, ErrorCode::unavailable);
    EXPECT_EQ(**sink->open(), journal_.cursor_at(20));
    ASSERT_TRUE(follow(*sink, journal_));
    expect_stream(journal_, 1);
}

TEST_F(RedisSinkTest, AnotherWriterOfTheSameStreamLeavesNoPart) {
    journal_.grow(10);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    const auto other = make(journal_);
    ASSERT_TRUE(other->open());
    ASSERT_TRUE(sink->caught_up()) << "it ends where it was left";
    journal_.grow(10);
    ASSERT_TRUE(follow(*other, journal_));
    journal_.grow(10);
    EXPECT_EQ(sink->apply(journal_.batch(10)).error().code, ErrorCode::unavailable);
    expect_stream(
        [&] {
            TestJournal part(7);
            part.entries.assign(journal_.entries.begin(), journal_.entries.begin() + 20);
            return part;
        }(),
        1);
    ASSERT_TRUE(follow(*sink, journal_));
    expect_stream(journal_, 1);
}

TEST_F(RedisSinkTest, ATransactionThatComesBehindANewConnectionIsNotDone) {
    journal_.grow(10);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    // As after a break: the new connection has looked, and what the old one sent comes only now.
    const auto anew = make(journal_);
    ASSERT_EQ(**anew->open(), journal_.cursor_at(10));
    journal_.grow(10);
    EXPECT_EQ(sink->apply(journal_.batch(10)).error().code, ErrorCode::unavailable);
    EXPECT_EQ(beside_.number({"XLEN", stream_}), 10);
    ASSERT_TRUE(catch_up(*anew, journal_, 10));
    expect_stream(journal_, 1);
}

TEST_F(RedisSinkTest, ATransactionThatWasGivenUpAndComesLateDoublesNothing) {
    options_.timeout = 200ms;
    journal_.grow(10);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    journal_.grow(20);
    // Redis says nothing for a while; all that is sent meanwhile waits in its sockets.
    beside_.link().add({"DEBUG", "SLEEP", "1"});
    std::jthread asleep([&] { EXPECT_TRUE(beside_.link().expect()); });
    const auto applied = sink->apply(journal_.batch(10, 5));
    EXPECT_TRUE(applied || applied.error().code == ErrorCode::unavailable);
    while (!follow(*sink, journal_)) {
    }
    asleep.join();
    expect_stream(journal_, 1);
}

TEST_F(RedisSinkTest, OneOfAnotherHistoryOrAheadIsSeenByTheCursor) {
    journal_.grow(20);
    ASSERT_TRUE(follow(*make(journal_), journal_));
    TestJournal shorter;
    shorter.grow(10);
    EXPECT_EQ(follow(*make(shorter), shorter).error().code, ErrorCode::mismatch);
    EXPECT_NE(make(shorter)->remedy().find("redis-cli DEL " + stream_), std::string::npos);
    expect_stream(journal_, 1);
}

TEST_F(RedisSinkTest, WhatNoCellMonitorWroteNeedsAPerson) {
    const auto sink = make(journal_);
    beside_.ask({"XADD", stream_, "*", "a", "b"});
    auto refused = sink->open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::mismatch);
    EXPECT_NE(refused.error().message.find("redis-cli DEL"), std::string::npos);
    beside_.ask({"DEL", stream_});
    beside_.ask({"SET", stream_, "text"});
    EXPECT_EQ(sink->open().error().code, ErrorCode::mismatch);
    beside_.ask({"DEL", stream_});
    beside_.ask({"SET", kLeaderKey, "text"});
    EXPECT_EQ(sink->open().error().code, ErrorCode::mismatch);
    beside_.ask({"DEL", kLeaderKey});
    EXPECT_TRUE(sink->open());
}

TEST_F(RedisSinkTest, WhoStartsLastLeadsAndTheOtherIsTold) {
    journal_.grow(3);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    TestJournal other(8);
    other.grow(4);
    const auto second = make(other);
    ASSERT_TRUE(follow(*second, other));
    EXPECT_EQ(sink->caught_up().error().code, ErrorCode::unavailable);
    const auto refused = sink->open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::mismatch);
    EXPECT_NE(refused.error().message.find("redis://HOST/1"), std::string::npos);
    expect_stream(journal_, 1);
    expect_stream(other, 1);
    ASSERT_TRUE(follow(*make(journal_), journal_)) << "a start takes over";
}

TEST_F(RedisSinkTest, ALaterEpochTakesOverAndAnEarlierOneDoesNot) {
    journal_.grow(3);
    ASSERT_TRUE(follow(*make(journal_), journal_));
    TestJournal later(7, 2);
    later.grow(5);
    ASSERT_TRUE(follow(*make(later), later));
    expect_stream(later, 1);
    EXPECT_GT(beside_.number({"TTL", stream_}), 0);
    const auto refused = make(journal_)->open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::mismatch);
}

TEST_F(RedisSinkTest, TheUrlOfTheServerIsFilledIn) {
    place_.clear();
    journal_.grow(1);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    EXPECT_EQ(read_leader(beside_.text({"GET", kLeaderKey}))->url, "");
    place_ = "http://127.0.0.1:1234";
    ASSERT_TRUE(sink->caught_up());
    EXPECT_EQ(read_leader(beside_.text({"GET", kLeaderKey}))->url, place_);
    journal_.grow(1);
    ASSERT_TRUE(catch_up(*sink, journal_, 1));
}

TEST_F(RedisSinkTest, APictureForFollowersComesAtOnceAndAgainBeforeTheStreamHasPassedIt) {
    const std::string live = live_key(journal_.history);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    const std::string first = beside_.text({"GET", live});
    EXPECT_TRUE(first.starts_with("picture ")) << "also of a class that has done nothing yet";
    journal_.grow(options_.stream_events / 2);
    ASSERT_TRUE(follow(*sink, journal_));
    const std::string second = beside_.text({"GET", live});
    EXPECT_NE(second, first) << "a new connection";
    journal_.grow(options_.stream_events / 2);
    ASSERT_TRUE(catch_up(*sink, journal_, options_.stream_events / 2, 1));
    EXPECT_EQ(beside_.text({"GET", live}), second) << "time stands still, and few came";
    journal_.grow(1);
    ASSERT_TRUE(catch_up(*sink, journal_, 2 * (options_.stream_events / 2)));
    EXPECT_NE(beside_.text({"GET", live}), second);
    EXPECT_EQ(beside_.text({"GET", alive_key(journal_.history)}), "status");
    EXPECT_GT(beside_.number({"TTL", alive_key(journal_.history)}), 0);
}

TEST_F(RedisSinkTest, APictureThatWasBehindTheStreamIsMadeAgainWithoutAnEvent) {
    const std::string live = live_key(journal_.history);
    folded_ = 0;
    journal_.grow(100);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    const std::string behind = beside_.text({"GET", live});
    folded_ = 100;
    ASSERT_TRUE(sink->caught_up());
    const std::string now = beside_.text({"GET", live});
    EXPECT_NE(now, behind);
    ASSERT_TRUE(sink->caught_up());
    EXPECT_EQ(beside_.text({"GET", live}), now);
}

TEST_F(RedisSinkTest, FullMemoryPasses) {
    journal_.grow(10);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    beside_.ask({"CONFIG", "SET", "maxmemory", "1"});
    journal_.grow(10);
    const auto refused = sink->apply(journal_.batch(10));
    beside_.ask({"CONFIG", "SET", "maxmemory", "0"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::no_space);
    EXPECT_NE(refused.error().message.find("redis.stream_events"), std::string::npos);
    ASSERT_TRUE(follow(*sink, journal_));
    expect_stream(journal_, 1);
}

TEST_F(RedisSinkTest, AReplicaIsNotWritten) {
    journal_.grow(10);
    const auto sink = make(journal_);
    ASSERT_TRUE(follow(*sink, journal_));
    beside_.ask({"REPLICAOF", "127.0.0.1", "1"});
    journal_.grow(10);
    const auto refused = sink->apply(journal_.batch(10));
    beside_.ask({"REPLICAOF", "NO", "ONE"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find("master"), std::string::npos);
    ASSERT_TRUE(follow(*sink, journal_));
    expect_stream(journal_, 1);
}

TEST_F(RedisSinkTest, YoungEventsAreToldToSubscribersInTheSameTransaction) {
    Beside subscriber(options_.url);
    subscriber.ask({"SUBSCRIBE", "progress_events"});
    options_.publish_age = 10s;
    journal_.post(R"({"eventType":"note","emailAddress":"old@example.com"})",
                  kStartUs - 10'000'001);
    journal_.post(R"({"eventType":"note","emailAddress":"new@example.com"})",
                  kStartUs - 10'000'000);
    ASSERT_TRUE(follow(*make(journal_), journal_));
    const auto reply = subscriber.link().expect();
    ASSERT_TRUE(reply) << reply.error().message;
    const std::string_view text = text_of(*elements_of(**reply)[2]);
    EXPECT_NE(text.find("new@example.com"), std::string_view::npos) << text;
    EXPECT_NE(text.find(fmt::format(R"("sequence":2,"stream":"{}"}})", stream_)),
              std::string_view::npos);
}

}  // namespace
}  // namespace cellmon::redis
