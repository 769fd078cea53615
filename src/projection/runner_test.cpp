// Goal: a runner brings its sink to the end of the journal through failures, stops for what a
// person must see, and shows the lag. Method: source and sink in memory; the sink fails on command.
// Every wait is for a condition.

#include "projection/runner.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace cellmon::projection {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 30s;

/// What source, sink and test share.
struct World {
    std::mutex mutex;
    std::condition_variable_any grown;
    std::uint64_t durable = 0;
    std::vector<std::uint64_t> applied;  ///< Sequences in the order the store took them.
    std::vector<std::size_t> batch_sizes;
    std::vector<std::uint64_t> ahead;  ///< The last entry that the sink was shown in each batch.
    std::deque<Error> failures;        ///< Of the next calls of apply.
    std::optional<Error> open_failure;
    std::optional<std::uint64_t> keeps_newest;
    std::size_t batch_factor = 1;
    std::uint64_t epoch = 1;         ///< Of the journal;
    std::uint64_t stored_epoch = 1;  ///< and of what the store holds.
    std::uint64_t kept = 1;          ///< The first entry that has its payload.
    std::atomic<int> opened = 0;

    void grow(std::uint64_t count) {
        const std::lock_guard lock(mutex);
        durable += count;
        grown.notify_all();
    }
};

class MemorySource final : public EntrySource {
  public:
    explicit MemorySource(World& world) : world_(world) {}
    [[nodiscard]] journal::Cursor beginning() const override {
        return {Id128{}, world_.epoch, 0, 0};
    }
    Result<void> seek(const journal::Cursor& cursor) override {
        if (cursor.sequence > durable_sequence()) {
            return fail(ErrorCode::mismatch, "the cursor is ahead of the journal");
        }
        next_ = cursor.sequence + 1;
        return {};
    }
    Result<std::optional<journal::Entry>> next() override {
        if (next_ > durable_sequence()) return std::nullopt;
        journal::Entry entry;
        entry.header.sequence = next_;
        entry.header.received_us = 1;
        entry.chain = next_;
        entry.payload = "payload";
        ++next_;
        return entry;
    }
    Result<std::uint64_t> first_kept() override { return world_.kept; }
    [[nodiscard]] std::uint64_t durable_sequence() const override {
        const std::lock_guard lock(world_.mutex);
        return world_.durable;
    }
    void wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                     const std::stop_token& stop) override {
        std::unique_lock lock(world_.mutex);
        world_.grown.wait_for(lock, stop, timeout, [&] { return world_.durable > sequence; });
    }

  private:
    World& world_;
    std::uint64_t next_ = 1;
};

/// Takes at most half of a batch at a time, as a sink does that lets others write.
class MemorySink final : public Sink {
  public:
    explicit MemorySink(World& world) : world_(world) {}
    [[nodiscard]] std::string_view name() const override { return "memory"; }
    Result<std::optional<journal::Cursor>> open() override {
        ++world_.opened;
        const std::lock_guard lock(world_.mutex);
        if (world_.open_failure) return fail(*world_.open_failure);
        if (world_.applied.empty()) return std::nullopt;
        return journal::Cursor{Id128{}, world_.stored_epoch, world_.applied.back(),
                               world_.applied.back()};
    }
    Result<void> begin_epoch() override {
        const std::lock_guard lock(world_.mutex);
        world_.applied.clear();
        world_.stored_epoch = world_.epoch;
        return {};
    }
    [[nodiscard]] std::optional<std::uint64_t> keeps_newest() const override {
        return world_.keeps_newest;
    }
    [[nodiscard]] std::size_t batch_factor() const override { return world_.batch_factor; }
    Result<std::size_t> apply(const Batch& batch) override {
        const std::uint64_t shown = look_ahead(batch);
        const std::lock_guard lock(world_.mutex);
        world_.ahead.push_back(shown);
        if (!world_.failures.empty()) {
            Error error = world_.failures.front();
            world_.failures.pop_front();
            return fail(std::move(error));
        }
        world_.batch_sizes.push_back(batch.size());
        const std::size_t count = (batch.size() + 1) / 2;
        for (std::size_t at = 0; at < count; ++at) {
            world_.applied.push_back(batch.entry(at).header.sequence);
        }
        return count;
    }

  private:
    /// The entries behind the batch, without a gap; 0: none.
    std::uint64_t look_ahead(const Batch& batch) const {
        const Batch* const next = read_next();
        if (next == nullptr) return 0;
        std::uint64_t last = batch.after(batch.size()).sequence;
        EXPECT_EQ(next->before(), batch.after(batch.size()));
        for (std::size_t at = 0; at < next->size(); ++at)
            EXPECT_EQ(next->entry(at).header.sequence, ++last);
        EXPECT_GT(next->size(), 0U);
        return last;
    }

    World& world_;
};

class RunnerTest : public ::testing::Test {
  protected:
    std::unique_ptr<ProjectionRunner> start(ProjectionRunner::Listener listener = {}) {
        RunnerLimits limits;
        limits.batch_entries = 64;
        limits.first_batch_entries = 8;
        limits.gather = 0ms;
        limits.backoff_first = 1ms;
        limits.backoff_most = 4ms;
        return std::make_unique<ProjectionRunner>(
            std::make_unique<MemorySource>(world_), std::make_unique<MemorySink>(world_), clock_,
            std::make_unique<SeededRandom>(1), limits, std::move(listener));
    }
    void expect_each_once(std::uint64_t count) {
        const std::lock_guard lock(world_.mutex);
        ASSERT_EQ(world_.applied.size(), count);
        for (std::uint64_t at = 0; at < count; ++at)
            ASSERT_EQ(world_.applied[at], at + 1);
    }

    World world_;
    SystemClock clock_;
};

TEST_F(RunnerTest, AStoreOfAnEarlierEpochBeginsAnew) {
    world_.grow(100);
    world_.applied = {1, 2, 3, 4, 777};
    world_.epoch = 9;
    const auto runner = start();
    ASSERT_TRUE(runner->wait_applied(100, kLong));
    expect_each_once(100);
    EXPECT_EQ(runner->status().failures, 0U);
    EXPECT_EQ(runner->status().cursor.epoch, 9U);
}

TEST_F(RunnerTest, AStoreOfALaterEpochIsLeftAlone) {
    world_.grow(100);
    world_.applied = {777};
    world_.stored_epoch = 2;
    const auto runner = start();
    EXPECT_FALSE(runner->wait_applied(1'000, kLong));
    EXPECT_TRUE(runner->status().alarm);
    EXPECT_EQ(world_.applied, std::vector<std::uint64_t>{777});
}

TEST_F(RunnerTest, AStoreThatLacksWhatWasRemovedStopsAndKeepsWhatItHas) {
    world_.grow(100);
    world_.kept = 51;
    for (const std::uint64_t stored_epoch : {1U, 0U}) {
        world_.stored_epoch = stored_epoch;
        world_.applied = {1, 2, 49};
        const auto runner = start();
        EXPECT_FALSE(runner->wait_applied(100, kLong));
        const auto status = runner->status();
        EXPECT_TRUE(status.alarm);
        EXPECT_EQ(status.last_error.substr(0, 30), "needs_snapshot: needs snapshot");
        EXPECT_NE(status.last_error.find("through sequence 50 "), std::string::npos);
        EXPECT_EQ(world_.applied, (std::vector<std::uint64_t>{1, 2, 49}));
    }
    // An empty one, too.
    world_.applied.clear();
    EXPECT_FALSE(start()->wait_applied(1, kLong));
}

TEST_F(RunnerTest, AStoreThatHasSeenWhatWasRemovedGoesOn) {
    world_.grow(100);
    world_.kept = 51;
    world_.applied = {50};
    const auto runner = start();
    ASSERT_TRUE(runner->wait_applied(100, kLong));
    EXPECT_EQ(world_.applied.size(), 51U);
}

TEST_F(RunnerTest, CatchesUpInGrowingBatchesAndFollows) {
    world_.grow(1'000);
    const auto runner = start();
    ASSERT_TRUE(runner->wait_applied(1'000, kLong));
    expect_each_once(1'000);
    {
        const std::lock_guard lock(world_.mutex);
        EXPECT_EQ(world_.batch_sizes.front(), 8U);
        EXPECT_EQ(*std::max_element(world_.batch_sizes.begin(), world_.batch_sizes.end()), 64U);
    }
    world_.grow(1);
    ASSERT_TRUE(runner->wait_applied(1'001, kLong));
    const auto status = runner->status();
    // The sink takes half of a batch at a time: the smallest are of one entry, no more than 32.
    EXPECT_GT(status.batches.counts[0], 0U);
    EXPECT_GT(status.batches.counts[2], 0U);
    EXPECT_EQ(status.batches.counts[3], 0U);
    EXPECT_EQ(std::accumulate(status.batches.counts.begin(), status.batches.counts.end(), 0UL),
              status.batches.all);
    EXPECT_EQ(status.lag_events, 0U);
    EXPECT_EQ(status.lag_seconds, 0);
    EXPECT_EQ(status.applied, 1'001U);
    EXPECT_EQ(status.cursor.sequence, 1'001U);
}

TEST_F(RunnerTest, ShowsTheSinkWhatComesNextWhileItIsFarBehind) {
    world_.grow(1'000);
    const auto runner = start();
    ASSERT_TRUE(runner->wait_applied(1'000, kLong));
    world_.grow(1);
    ASSERT_TRUE(runner->wait_applied(1'001, kLong));
    expect_each_once(1'001);
    const std::lock_guard lock(world_.mutex);
    EXPECT_EQ(world_.ahead.front(), 8U + 16U) << "behind the first batch comes one twice its size";
    EXPECT_EQ(*std::max_element(world_.ahead.begin(), world_.ahead.end()), 1'000U);
    EXPECT_EQ(world_.ahead.back(), 0U) << "nothing waits behind the last";
}

TEST_F(RunnerTest, AStoreOfLargeTransactionsGetsLargerBatches) {
    world_.batch_factor = 4;
    world_.grow(1'000);
    const auto runner = start();
    ASSERT_TRUE(runner->wait_applied(1'000, kLong));
    const std::lock_guard lock(world_.mutex);
    EXPECT_EQ(*std::max_element(world_.batch_sizes.begin(), world_.batch_sizes.end()), 256U);
}

TEST_F(RunnerTest, GoesOnBehindTheStoresCursorAfterPassingFaults) {
    world_.failures = {{ErrorCode::io, "first"}, {ErrorCode::unavailable, "second"}};
    world_.grow(100);
    const auto runner = start();
    ASSERT_TRUE(runner->wait_applied(100, kLong));
    expect_each_once(100);
    EXPECT_EQ(world_.opened, 3);
    const auto status = runner->status();
    EXPECT_EQ(status.failures, 2U);
    EXPECT_EQ(status.connects, 3U);
    EXPECT_EQ(status.last_error, "unavailable: second");
    EXPECT_FALSE(status.alarm);
}

TEST_F(RunnerTest, TellsOfFailuresAndOfTheFirstSuccessBehindThem) {
    world_.failures = {{ErrorCode::io, "first"}, {ErrorCode::unavailable, "second"}};
    world_.grow(100);
    std::vector<std::string> told;
    {
        const auto runner = start([&](const ProjectionStatus& status) {
            told.emplace_back(status.state == State::retrying ? status.last_error : "goes on");
        });
        ASSERT_TRUE(runner->wait_applied(100, kLong));
        world_.grow(100);
        ASSERT_TRUE(runner->wait_applied(200, kLong));
    }
    EXPECT_EQ(told, (std::vector<std::string>{"io: first", "unavailable: second", "goes on"}));
}

TEST_F(RunnerTest, StopsWithAnAlarmForWhatNeedsAPerson) {
    for (const auto code :
         {ErrorCode::mismatch, ErrorCode::corrupt, ErrorCode::newer_format, ErrorCode::limit}) {
        {
            const std::lock_guard lock(world_.mutex);
            world_.failures = {{code, "look at this"}};
        }
        world_.grow(10);
        const auto runner = start();
        EXPECT_FALSE(runner->wait_applied(world_.durable, kLong));
        const auto status = runner->status();
        EXPECT_EQ(status.state, State::stopped);
        EXPECT_TRUE(status.alarm);
        EXPECT_NE(status.last_error.find("look at this"), std::string::npos);
        EXPECT_GE(status.lag_events, 10U);
        EXPECT_GT(status.lag_seconds, 0);
    }
    EXPECT_TRUE(world_.applied.empty());
}

TEST_F(RunnerTest, ACursorAheadOfTheJournalSkipsNothing) {
    world_.durable = 5;
    world_.applied = {9};
    const auto runner = start();
    EXPECT_FALSE(runner->wait_applied(10, kLong));
    EXPECT_EQ(runner->status().state, State::stopped);
    EXPECT_TRUE(runner->status().alarm);
    EXPECT_EQ(world_.applied.size(), 1U);
}

TEST_F(RunnerTest, StartsWithoutTheStoreAndComesBackWithIt) {
    world_.open_failure = Error{ErrorCode::unavailable, "no store"};
    world_.grow(20);
    const auto runner = start();
    while (world_.opened < 5)
        std::this_thread::yield();
    EXPECT_EQ(runner->status().state, State::retrying);
    EXPECT_EQ(runner->status().lag_events, 20U);
    {
        const std::lock_guard lock(world_.mutex);
        world_.open_failure.reset();
    }
    ASSERT_TRUE(runner->wait_applied(20, kLong));
    expect_each_once(20);
}

TEST_F(RunnerTest, TellsWhenTheStoreIsOpenOrCannotBeOpened) {
    EXPECT_TRUE(start()->wait_opened(kLong));
    world_.open_failure = Error{ErrorCode::unavailable, "no store"};
    const auto away = start();
    EXPECT_FALSE(away->wait_opened(kLong)) << "nobody waits for what has failed";
    EXPECT_GE(away->status().failures, 1U);
}

TEST_F(RunnerTest, NobodyWaitsForAStoreThatSaysNothing) {
    std::unique_lock held(world_.mutex);
    const auto runner = start();
    EXPECT_FALSE(runner->wait_opened(1ms));
    held.unlock();
    EXPECT_TRUE(runner->wait_opened(kLong));
}

TEST_F(RunnerTest, AStoreOfTheNewestEntriesBeginsSoManyBeforeTheEnd) {
    world_.keeps_newest = 30;
    world_.grow(100);
    const auto runner = start();
    ASSERT_TRUE(runner->wait_applied(100, kLong));
    const std::lock_guard lock(world_.mutex);
    ASSERT_EQ(world_.applied.size(), 30U);
    EXPECT_EQ(world_.applied.front(), 71U);
}

TEST_F(RunnerTest, AStoreOfMoreEntriesThanThereAreBeginsWithTheFirst) {
    world_.keeps_newest = 30;
    world_.grow(20);
    const auto runner = start();
    ASSERT_TRUE(runner->wait_applied(20, kLong));
    expect_each_once(20);
}

}  // namespace
}  // namespace cellmon::projection
