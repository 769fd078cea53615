// Goal: what RedisSink writes comes out as it went in, without a gap, and what cannot be gone on
// from is not passed over. Method: a Redis of the test program; every wait is for a condition.
#include "sinks/redis/stream_source.hpp"

#include <atomic>
#include <thread>

#include "sinks/redis/redis_sink.hpp"
#include "sinks/redis/test_journal.hpp"
#include "sinks/redis/test_redis.hpp"

namespace cellmon::redis {
namespace {

using namespace std::chrono_literals;

class StreamSourceTest : public ::testing::Test {
  protected:
    void write() {
        RedisSink sink(options_, {journal_.history, clock_, [] { return live::Thresholds{}; },
                                  [] { return live::LiveCheckpoint{0, "no picture"}; },
                                  [] { return std::string("a word"); },
                                  [] { return std::string("http://leader"); }, "host"});
        const auto cursor = sink.open();
        ASSERT_TRUE(cursor) << cursor.error().message;
        std::uint64_t from = *cursor ? (*cursor)->sequence : 0;
        while (from < journal_.entries.size()) {
            const auto count = sink.apply(journal_.batch(from));
            ASSERT_TRUE(count) << count.error().message;
            from += *count;
        }
        ASSERT_TRUE(sink.caught_up());
    }
    std::unique_ptr<StreamSource> read_from(const journal::Cursor& cursor) {
        auto source = std::make_unique<StreamSource>(options_, clock_, [this] { ++outdated_; });
        EXPECT_TRUE(source->seek(cursor));
        source->start();
        return source;
    }
    /// The next entries are those of the journal from `first` on.
    void expect_entries(StreamSource& source, std::uint64_t first) {
        for (std::uint64_t sequence = first; sequence <= journal_.entries.size(); ++sequence) {
            while (source.durable_sequence() < sequence)
                source.wait_beyond(sequence - 1, 100ms, {});
            const auto found = source.next();
            ASSERT_TRUE(found && *found) << sequence;
            const journal::Entry& expected = journal_.entries.at(sequence - 1);
            EXPECT_EQ((*found)->header.sequence, sequence);
            EXPECT_EQ((*found)->header.kind, expected.header.kind);
            EXPECT_EQ((*found)->header.id, expected.header.id);
            EXPECT_EQ((*found)->header.received_us, expected.header.received_us);
            EXPECT_EQ((*found)->header.content_hash, expected.header.content_hash);
            EXPECT_EQ((*found)->redacted, expected.redacted);
            EXPECT_EQ((*found)->chain, expected.chain);
            EXPECT_EQ((*found)->payload, expected.payload);
        }
        EXPECT_EQ(*source.next(), std::nullopt);
    }
    static void wait_for_error(const StreamSource& source, std::string_view words) {
        while (source.status().last_error.find(words) == std::string::npos)
            std::this_thread::yield();
        EXPECT_EQ(source.status().state, projection::State::retrying);
    }

    FixedClock clock_;
    RedisOptions options_ = [] {
        RedisOptions options;
        options.url = TestRedis::get().new_database();
        options.timeout = 60s;
        options.stream_events = 50;
        return options;
    }();
    TestJournal journal_;
    std::atomic<int> outdated_ = 0;
};

TEST_F(StreamSourceTest, EntriesComeOutAsTheyWentIn) {
    journal_.grow(10);
    journal_.append(journal::EntryKind::quarantine, R"({"a":"b"})", kStartUs + 7, Id128{});
    journal_.append(journal::EntryKind::server, "{}", kStartUs, Id128{});
    journal_.entries.at(3).redacted = true;
    journal_.entries.at(3).payload = {};
    write();
    const auto source = read_from(journal_.cursor_at(0));
    expect_entries(*source, 1);
    for (int round = 0; round < 3; ++round) {
        const std::uint64_t first = journal_.entries.size() + 1;
        journal_.grow(20);
        write();
        expect_entries(*source, first);
    }
    EXPECT_EQ(source->leader().url, "http://leader");
    EXPECT_EQ(source->leader_status(), "a word");
    expect_entries(*read_from(journal_.cursor_at(30)), 31);
    EXPECT_EQ(outdated_, 0);
}

TEST_F(StreamSourceTest, OneThatIsAheadWaits) {
    journal_.grow(30);
    const journal::Cursor ahead = journal_.cursor_at(30);
    TestJournal part;
    part.entries.assign(journal_.entries.begin(), journal_.entries.begin() + 20);
    std::swap(part.entries, journal_.entries);
    write();
    const auto source = read_from(ahead);
    std::swap(part.entries, journal_.entries);
    journal_.grow(5);
    write();
    expect_entries(*source, 31);
}

TEST_F(StreamSourceTest, WhatTheStreamHasPassedIsNotPassedOver) {
    journal_.grow(100);
    write();
    const auto source = read_from(journal_.cursor_at(10));
    wait_for_error(*source, "no checkpoint");
    EXPECT_EQ(*source->next(), std::nullopt);
    EXPECT_EQ(outdated_, 0) << "there is nothing to begin anew with";
}

TEST_F(StreamSourceTest, AnotherHistoryIsNotGoneOnWith) {
    journal_.grow(20);
    write();
    journal::Cursor other = journal_.cursor_at(10);
    other.chain ^= 1;
    const auto source = read_from(other);
    wait_for_error(*source, "no checkpoint");
    EXPECT_EQ(*source->next(), std::nullopt);
}

TEST_F(StreamSourceTest, SaysHowFarBehindItIs) {
    constexpr std::uint64_t kEntries = 10'000;  // More than is read ahead.
    options_.stream_events = kEntries;
    journal_.grow(kEntries);
    write();
    const auto source = read_from(journal_.cursor_at(0));
    source->wait_beyond(0, 60s, {});
    EXPECT_GT(source->status().lag_events, 0);
    EXPECT_EQ(source->status().durable_sequence, kEntries);
    expect_entries(*source, 1);
    EXPECT_EQ(source->status().lag_events, 0);
}

TEST_F(StreamSourceTest, ASilentLeaderIsSaidAndReadAllTheSame) {
    journal_.grow(20);
    write();
    Beside(options_.url).ask({"DEL", alive_key(journal_.history)});
    const auto source = read_from(journal_.cursor_at(0));
    expect_entries(*source, 1);
    wait_for_error(*source, "says nothing any more");
}

}  // namespace
}  // namespace cellmon::redis
