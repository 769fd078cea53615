// Goal: every batch that was taken is completed exactly once, whatever happens; limits refuse with
// their own error and lift by themselves; after a failed sync nothing more is taken.
// Method: a faulty file system in memory; a hook before each sync holds the writer where a test
// needs it.
#include "journal/journal.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "io/faulty_file_system.hpp"
#include "journal/journal_testing.hpp"

namespace cellmon::journal {
namespace {

constexpr const char* kFolder = "/journal";
constexpr auto kLong = std::chrono::seconds(10);

struct Batch final : Submission {
    std::vector<testing::Message> messages;
    std::uint64_t number = 0;
};

/// Collects completed batches and lets a test wait for them.
class Completions final : public CompletionQueue {
  public:
    void complete(unsigned waiter, std::vector<std::unique_ptr<Submission>> done) override {
        const std::lock_guard lock(mutex_);
        for (auto& submission : done) {
            EXPECT_EQ(submission->waiter, waiter);
            done_.push_back(std::move(submission));
        }
        changed_.notify_all();
    }
    bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kLong, [&] { return done_.size() >= count; });
    }
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        return done_.size();
    }
    const Batch& at(std::size_t index) {
        const std::lock_guard lock(mutex_);
        return static_cast<const Batch&>(*done_.at(index));
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<Submission>> done_;
};

/// Holds every sync of a segment while it is closed.
class Gate {
  public:
    void pass(const std::string& path) {
        if (!path.ends_with(kSegmentSuffix)) return;
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        --waiting_;
    }
    void set_open(bool open) {
        const std::lock_guard lock(mutex_);
        open_ = open;
        changed_.notify_all();
    }
    bool wait_until_held() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kLong, [this] { return waiting_ > 0; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = true;
    int waiting_ = 0;
};

bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kLong;
    while (std::chrono::steady_clock::now() < end) {
        if (condition()) return true;
        std::this_thread::yield();
    }
    return false;
}

class JournalTest : public ::testing::Test {
  protected:
    JournalTest() {
        limits_.segment_bytes = 64 << 10;
        limits_.disk_reserve_bytes = 1000;
        limits_.id_memory_entries = 64;
        files_.set_before_sync([this](const std::string& path) { gate_.pass(path); });
    }
    ~JournalTest() override { gate_.set_open(true); }

    /// With one entry and one segment in it already, so that no test meets the making of a segment.
    void open() {
        {
            auto log = CommitLog::open(files_, kFolder, limits_, clock_, random_);
            ASSERT_TRUE(log) << log.error().message;
            ASSERT_TRUE(testing::commit(**log, {{"first", "x"}}));
        }
        auto opened = Journal::open(kFolder, limits_,
                                    {files_, clock_, random_, completions_,
                                     [this](const std::string& why) { poisoned_.push_back(why); }});
        ASSERT_TRUE(opened) << opened.error().message;
        journal_ = std::move(*opened);
    }
    Result<void> submit(std::vector<testing::Message> messages, unsigned waiter = 0) {
        auto batch = std::make_unique<Batch>();
        batch->messages = std::move(messages);
        batch->entries = testing::entries_of(batch->messages);
        batch->waiter = waiter;
        return journal_->submit(std::move(batch));
    }

    io::FaultyFileSystem files_{1};
    testing::StepClock clock_;
    SystemRandom random_;
    JournalLimits limits_;
    Gate gate_;
    Completions completions_;
    std::vector<std::string> poisoned_;  // Of the journal's thread until the journal is closed.
    std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, CompletesEachBatchOfManyThreadsOnce) {
    limits_.id_memory_entries = 200;  // Written once meanwhile, but never overloaded.
    open();
    constexpr unsigned kThreads = 4;
    constexpr unsigned kBatches = 250;
    {
        std::vector<std::jthread> threads;
        for (unsigned t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (unsigned i = 0; i < kBatches; ++i) {
                    // Every id is sent by two threads.
                    const std::string id = std::to_string(t / 2) + "/" + std::to_string(i);
                    ASSERT_TRUE(submit({{id, "text"}}, t));
                }
            });
        }
    }
    ASSERT_TRUE(completions_.wait_for(kThreads * kBatches));
    journal_.reset();
    ASSERT_EQ(completions_.count(), kThreads * kBatches);
    std::map<Outcome, unsigned> outcomes;
    std::map<Id128, unsigned> stored;
    for (std::size_t i = 0; i < completions_.count(); ++i) {
        const NewEntry& entry = completions_.at(i).entries.front();
        ++outcomes[entry.outcome];
        if (entry.outcome == Outcome::stored) ++stored[entry.id];
    }
    EXPECT_EQ(outcomes[Outcome::stored], kThreads * kBatches / 2);
    EXPECT_EQ(outcomes[Outcome::duplicate], kThreads * kBatches / 2);
    EXPECT_EQ(stored.size(), kThreads * kBatches / 2);
    EXPECT_EQ(testing::read_all(files_, kFolder)->size(), 1 + kThreads * kBatches / 2);
}

TEST_F(JournalTest, ShowsEntriesToReadersAndWaitersOnlyWhenDurable) {
    open();
    auto reader = Reader::open(files_, kFolder, journal_->visible_through());
    ASSERT_TRUE(reader->seek_sequence(2));
    gate_.set_open(false);
    ASSERT_TRUE(submit({{"a", "1"}}));
    ASSERT_TRUE(gate_.wait_until_held());
    EXPECT_FALSE(*reader->next());
    EXPECT_EQ(journal_->durable_sequence(), 1U);
    EXPECT_EQ(journal_->wait_beyond(1, std::chrono::milliseconds(1), {}), 1U);
    EXPECT_EQ(completions_.count(), 0U);
    gate_.set_open(true);
    EXPECT_EQ(journal_->wait_beyond(1, kLong, {}), 2U);
    EXPECT_TRUE(*reader->next());
}

TEST_F(JournalTest, RefusesMoreThanTheQueueHolds) {
    limits_.queue_bytes = 100;
    open();
    gate_.set_open(false);
    ASSERT_TRUE(submit({{"held", "x"}}));
    ASSERT_TRUE(gate_.wait_until_held());
    ASSERT_TRUE(submit({{"a", std::string(60, 'a')}}));
    const auto refused = submit({{"b", std::string(60, 'b')}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_EQ(journal_->status().queued_bytes, 60U);
    gate_.set_open(true);
    ASSERT_TRUE(completions_.wait_for(2));
    EXPECT_TRUE(submit({{"b", std::string(60, 'b')}}));
    ASSERT_TRUE(completions_.wait_for(3));
    // Alone, a batch may be larger than the whole queue.
    EXPECT_TRUE(submit({{"large", std::string(500, 'c')}}));
    EXPECT_TRUE(completions_.wait_for(4));
}

TEST_F(JournalTest, TakesNothingBelowTheDiskReserveAndRecovers) {
    open();
    files_.set_free_bytes(999);
    ASSERT_TRUE(eventually([&] { return journal_->status().disk_low; }));
    const auto refused = submit({{"a", "1"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::no_space);
    files_.set_free_bytes(1000);
    ASSERT_TRUE(eventually([&] { return !journal_->status().disk_low; }));
    ASSERT_TRUE(submit({{"a", "1"}}));
    ASSERT_TRUE(completions_.wait_for(1));
    EXPECT_EQ(completions_.at(0).entries.front().outcome, Outcome::stored);
}

TEST_F(JournalTest, NoSpaceForASegmentFailsOneGroupAndPassesByItself) {
    open();
    // Larger than a segment and than the one that is prepared: room must be found for it.
    const std::vector<testing::Message> large{{"large", std::string(100'000, 'x')}};
    files_.set_rate(io::Fault::allocate_no_space, 1.0);
    ASSERT_TRUE(submit(large));
    ASSERT_TRUE(completions_.wait_for(1));
    EXPECT_EQ(completions_.at(0).entries.front().outcome, Outcome::failed);
    EXPECT_EQ(journal_->status().poisoned, "");
    files_.set_rate(io::Fault::allocate_no_space, 0);
    ASSERT_TRUE(eventually([&] { return submit(large).has_value(); }));
    ASSERT_TRUE(completions_.wait_for(2));
    EXPECT_EQ(completions_.at(1).entries.front().outcome, Outcome::stored);
    EXPECT_EQ(completions_.at(1).entries.front().sequence, 2U);
    journal_.reset();
    EXPECT_TRUE(poisoned_.empty());
}

TEST_F(JournalTest, AFailedSyncFailsTheWaitersAndEndsTheJournal) {
    open();
    ASSERT_TRUE(submit({{"before", "1"}}));
    ASSERT_TRUE(completions_.wait_for(1));
    gate_.set_open(false);
    ASSERT_TRUE(submit({{"a", "1"}}));
    ASSERT_TRUE(gate_.wait_until_held());
    ASSERT_TRUE(submit({{"b", "2"}}));
    files_.set_rate(io::Fault::failed_sync, 1.0);
    gate_.set_open(true);
    ASSERT_TRUE(completions_.wait_for(3));
    files_.set_rate(io::Fault::failed_sync, 0);
    EXPECT_EQ(completions_.at(1).entries.front().outcome, Outcome::failed);
    EXPECT_EQ(completions_.at(2).entries.front().outcome, Outcome::failed);
    const auto refused = submit({{"c", "3"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::io);
    EXPECT_FALSE(journal_->status().poisoned.empty());
    EXPECT_EQ(journal_->durable_sequence(), 2U);
    journal_.reset();
    EXPECT_EQ(poisoned_.size(), 1U);
    EXPECT_EQ(completions_.count(), 3U);

    // The page cache still shows the group; the disk does not have it.
    files_.restart(io::FaultyFileSystem::Restart::process);
    open();
    ASSERT_TRUE(submit({{"before", "1"}, {"a", "1"}, {"b", "2"}}));
    ASSERT_TRUE(completions_.wait_for(4));
    EXPECT_EQ(completions_.at(3).entries[0].outcome, Outcome::duplicate);
    EXPECT_EQ(completions_.at(3).entries[2].outcome, Outcome::stored);
}

TEST_F(JournalTest, ClosingCompletesEverything) {
    open();
    gate_.set_open(false);
    ASSERT_TRUE(submit({{"held", "x"}}));
    ASSERT_TRUE(gate_.wait_until_held());
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(submit({{std::to_string(i), "x"}}));
    std::jthread closing([&] { journal_.reset(); });
    gate_.set_open(true);
    closing.join();
    EXPECT_EQ(completions_.count(), 21U);
    EXPECT_EQ(completions_.at(0).entries.front().outcome, Outcome::stored);
}

TEST_F(JournalTest, AnOverloadedIdIndexRefusesAndRecoversByItself) {
    limits_.id_memory_entries = 4;
    open();
    // Segments still can be written, the files of the index cannot be made.
    files_.set_rate(io::Fault::failed_open, 1.0);
    std::size_t taken = 0;
    Result<void> refused;
    for (; taken < 200 && refused; taken += refused ? 1 : 0) {
        refused = submit({{std::to_string(taken), "x"}});
        if (refused) {
            ASSERT_TRUE(completions_.wait_for(taken + 1));
        }
    }
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    files_.set_rate(io::Fault::failed_open, 0);
    EXPECT_TRUE(eventually([&] { return submit({{"again", "x"}}).has_value(); }));
}

}  // namespace
}  // namespace cellmon::journal
