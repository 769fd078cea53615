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

#include "live/journal_testing.hpp"
#include "progress/figures.hpp"

namespace cellmon::progress {
namespace {

using namespace std::chrono_literals;
using live::testing::kStartUs;
using live::testing::MemoryJournal;
using live::testing::MemorySource;

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
    void post(std::string_view cell) {
        journal_.post(fmt::format(R"({{"eventType":"cell_execution_complete","emailAddress":"s@x",)"
                                  R"("assignmentId":"a","cellId":"{}"}})",
                                  cell),
                      kStartUs);
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
    MemoryJournal journal_;
};

TEST_F(ProgressServiceTest, ShowsWhatIsDurableToWhoWaits) {
    Listener listener;
    const auto service = open();
    service->start(&listener);
    post("a");
    service->catch_up(10s);
    EXPECT_EQ(cells(*service), 0U) << "it is not durable";
    for (int i = 0; i < 20; ++i) {
        post(fmt::format("c{}", i));
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
    post("a");
    post("b");
    journal_.sync();
    {
        const auto service = open();
        ASSERT_TRUE(service->checkpoint(*files_, path()).has_value());
    }
    post("c");
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
        post(cell);
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
    post("d");
    journal_.sync();
    service->catch_up(50ms);
    EXPECT_EQ(cells(*service), 0U);
    EXPECT_EQ(service->sequence(), 0U);
}

TEST_F(ProgressServiceTest, WaitsForAJournalThatCannotBeRead) {
    const auto service = open();
    service->start(nullptr);
    journal_.broken = true;
    post("a");
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
