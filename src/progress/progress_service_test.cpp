// Goal: progress is that of the durable entries and of no other; it comes back from its checkpoint,
// from none and from a damaged one with the same; who waits sees what was durable; a journal that
// cannot be read is said and waited for. Method: the journal in memory, files in a folder of their
// own.
#include "progress/progress_service.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "live/class_testing.hpp"
#include "progress/figures.hpp"

namespace cellmon::progress {
namespace {

using namespace std::chrono_literals;
using live::testing::Entries;
using live::testing::kStartUs;

/// A journal whose end a test moves.
struct Journal {
    std::mutex mutex;
    std::condition_variable_any grown;
    Entries entries;
    std::uint64_t durable = 0;
    std::uint64_t epoch = 1;
    std::atomic<bool> broken = false;
    std::atomic<std::uint64_t> kept = 1;  ///< The first entry that has its payload.

    void post(std::string_view cell) {
        const std::lock_guard lock(mutex);
        entries.post(fmt::format(R"({{"eventType":"cell_execution_complete","emailAddress":"s@x",)"
                                 R"("assignmentId":"a","cellId":"{}"}})",
                                 cell),
                     kStartUs);
    }
    void sync() {
        const std::lock_guard lock(mutex);
        durable = entries.all().size();
        grown.notify_all();
    }
};

class MemorySource final : public projection::EntrySource {
  public:
    explicit MemorySource(Journal& journal) : journal_(journal) {}
    [[nodiscard]] journal::Cursor beginning() const override {
        return {Id128{}, journal_.epoch, 0, 0};
    }
    Result<void> seek(const journal::Cursor& cursor) override {
        if (cursor.epoch != journal_.epoch || cursor.sequence > durable_sequence()) {
            return fail(ErrorCode::mismatch, "another history");
        }
        at_ = cursor.sequence;
        return {};
    }
    Result<std::optional<journal::Entry>> next() override {
        const std::lock_guard lock(journal_.mutex);
        if (journal_.broken) return fail(ErrorCode::io, "the disk is gone");
        if (at_ >= journal_.durable) return std::nullopt;
        if (at_ + 1 < journal_.kept) return fail(ErrorCode::needs_snapshot, "removed");
        return journal_.entries.all().at(at_++);
    }
    Result<void> seek_sequence(std::uint64_t sequence) override {
        at_ = sequence - 1;
        return {};
    }
    Result<std::uint64_t> first_kept() override { return journal_.kept.load(); }
    [[nodiscard]] std::uint64_t durable_sequence() const override {
        const std::lock_guard lock(journal_.mutex);
        return journal_.durable;
    }
    void wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                     const std::stop_token& stop) override {
        std::unique_lock lock(journal_.mutex);
        journal_.grown.wait_for(lock, stop, timeout, [&] { return journal_.durable > sequence; });
    }

  private:
    Journal& journal_;
    std::uint64_t at_ = 0;
};

class Listener final : public ProgressListener {
  public:
    void progressed(const Step& step) override {
        const std::lock_guard lock(mutex);
        changed += step.changed.size();
        gone += step.gone.size();
        made += step.made.size();
    }
    std::mutex mutex;
    std::size_t changed = 0;
    std::size_t gone = 0;
    std::size_t made = 0;
};

class ProgressServiceTest : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  fmt::format("cellmon-progress-{}-{}", ::getpid(),
                              ::testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<ProgressService> open() {
        auto opened = ProgressService::open(std::make_unique<MemorySource>(journal_), path(),
                                            {*files_, clock_, log_});
        EXPECT_TRUE(opened.has_value());
        return std::move(*opened);
    }
    [[nodiscard]] std::string path() const { return folder_ / "progress.checkpoint"; }

    static std::size_t cells(const ProgressService& service) {
        const StudentPtr student = service.find("s@x");
        return student ? student->assignments.at(0).cells.size() : 0;
    }

    std::filesystem::path folder_;
    std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
    SystemClock clock_;
    telemetry::Log log_{telemetry::LogOptions{}};
    Journal journal_;
};

TEST_F(ProgressServiceTest, ShowsWhatIsDurableToWhoWaits) {
    Listener listener;
    const auto service = open();
    service->start(&listener);
    journal_.post("a");
    service->catch_up(10s);
    EXPECT_EQ(cells(*service), 0U) << "it is not durable";
    for (int i = 0; i < 20; ++i) {
        journal_.post(fmt::format("c{}", i));
        journal_.sync();
        service->catch_up(10s);
        EXPECT_EQ(cells(*service), static_cast<std::size_t>(i) + 2);
    }
    EXPECT_EQ(service->students().size(), 1U);
    service->stop();
    EXPECT_GE(listener.changed, 20U);
    EXPECT_GE(listener.made, 2U);
}

TEST_F(ProgressServiceTest, ComesBackTheSameFromAnyCheckpoint) {
    journal_.post("a");
    journal_.post("b");
    journal_.sync();
    {
        const auto service = open();
        ASSERT_TRUE(service->checkpoint(*files_, path()).has_value());
    }
    journal_.post("c");
    journal_.sync();
    EXPECT_EQ(cells(*open()), 3U) << "the checkpoint and what is behind it";
    const auto bytes = io::read_file(*files_, path());
    ASSERT_TRUE(bytes.has_value());
    for (const std::size_t size : {std::size_t{0}, std::size_t{9}, bytes->size() - 1}) {
        std::ofstream(path()) << bytes->substr(0, size);
        EXPECT_EQ(cells(*open()), 3U) << size;
    }
    std::string damaged = *bytes;
    damaged[damaged.size() / 2] ^= 1;
    std::ofstream(path()) << damaged;
    EXPECT_EQ(cells(*open()), 3U);
    std::ofstream(path()) << *bytes;
    journal_.epoch = 2;
    const auto service = open();
    EXPECT_EQ(cells(*service), 3U) << "of another history";
    EXPECT_EQ(service->instructor_notes()->size(), 1U);
    EXPECT_EQ(service->sequence(), 3U);
}

TEST_F(ProgressServiceTest, MakesNoHalfOfItWhereContentWasRemoved) {
    for (const char* cell : {"a", "b", "c"})
        journal_.post(cell);
    journal_.sync();
    std::uint64_t folded = 0;
    {
        const auto service = open();
        folded = service->sequence();
        ASSERT_TRUE(service->checkpoint(*files_, path()).has_value());
    }
    ASSERT_GE(folded, 3U);
    journal_.kept = folded + 1;
    EXPECT_EQ(cells(*open()), 3U) << "the checkpoint has it";
    // Without one it starts, stays empty and says why.
    std::filesystem::remove(path());
    const auto service = open();
    service->start(nullptr);
    for (int i = 0; i < 1'000 && service->healthy(); ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(service->healthy());
    journal_.post("d");
    journal_.sync();
    service->catch_up(50ms);
    EXPECT_EQ(cells(*service), 0U);
    EXPECT_EQ(service->sequence(), 0U);
}

TEST_F(ProgressServiceTest, WaitsForAJournalThatCannotBeRead) {
    const auto service = open();
    service->start(nullptr);
    journal_.broken = true;
    journal_.post("a");
    journal_.sync();
    service->catch_up(50ms);
    for (int i = 0; i < 1'000 && service->healthy(); ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(service->healthy());
    journal_.broken = false;
    service->catch_up(20s);
    EXPECT_EQ(cells(*service), 1U);
    EXPECT_TRUE(service->healthy());
    EXPECT_EQ(service->metrics().size(), 5U);
}

}  // namespace
}  // namespace cellmon::progress
