// Goal: the faulty file system is as cruel as it says and no crueller: what was synced survives,
// what was not may vanish, and a failed sync leaves pages that are there until the power is gone.
// Method: fixed fates in place of chance; then the same seed twice.
#include "io/faulty_file_system.hpp"

#include <gtest/gtest.h>

namespace cellmon::io {
namespace {

using Restart = FaultyFileSystem::Restart;

constexpr std::uint32_t kLost = 0;
constexpr std::uint32_t kKept = 1;

class FaultyFileSystemTest : public ::testing::Test {
  protected:
    FaultyFileSystemTest() { EXPECT_TRUE(files_.make_directories("/d")); }

    void all_fates(std::uint32_t fate) {
        files_.set_fates(
            {[fate](std::uint32_t options) { return std::min(fate, options - 1); }, 4});
    }
    std::unique_ptr<File> create(const std::string& path) {
        return std::move(*files_.open(path, OpenMode::create));
    }
    static Result<void> write(File& file, std::uint64_t at, std::string_view text) {
        return file.write_at(at, std::as_bytes(std::span(text)));
    }
    std::string content(const std::string& path) {
        return read_file(files_, path).value_or("(none)");
    }
    std::uint64_t hits(Fault fault) { return files_.hits()[static_cast<std::size_t>(fault)]; }
    /// A durable file.
    void put(const std::string& path, std::string_view text) {
        const auto file = create(path);
        EXPECT_TRUE(write(*file, 0, text) && file->sync() && files_.sync_directory("/d"));
    }

    FaultyFileSystem files_{1};
};

TEST_F(FaultyFileSystemTest, KeepsWhatWasSyncedAndLosesWhatWasNot) {
    put("/d/x", "durable");
    const auto file = files_.open("/d/x", OpenMode::read_write);
    ASSERT_TRUE(write(**file, 0, "changed behind the sync"));
    all_fates(kLost);
    files_.restart(Restart::machine);
    EXPECT_EQ(content("/d/x"), "durable");
    EXPECT_EQ(hits(Fault::lost_sector), 1U);
    EXPECT_EQ(hits(Fault::lost_size), 1U);
}

TEST_F(FaultyFileSystemTest, AProcessThatEndsLosesNothing) {
    put("/d/x", "durable");
    ASSERT_TRUE(write(**files_.open("/d/x", OpenMode::read_write), 0, "CHANGED"));
    create("/d/y");
    all_fates(kLost);
    files_.restart(Restart::process);
    EXPECT_EQ(content("/d/x"), "CHANGED");
    EXPECT_TRUE(*files_.exists("/d/y"));
}

TEST_F(FaultyFileSystemTest, LosesSectorsOneByOneButNeverSyncedBytesBesideThem) {
    put("/d/x", std::string(1024, 'a'));
    ASSERT_TRUE(write(**files_.open("/d/x", OpenMode::read_write), 500, std::string(200, 'b')));
    std::uint32_t sector = 0;
    files_.set_fates(
        {[&](std::uint32_t options) { return options == 4 ? (sector++ == 0 ? kKept : 2U) : kLost; },
         4});
    files_.restart(Restart::machine);
    const std::string text = content("/d/x");
    EXPECT_EQ(text.substr(0, 512), std::string(500, 'a') + std::string(12, 'b'));
    EXPECT_NE(text.substr(512, 188), std::string(188, 'b')) << "this one became garbage";
    EXPECT_EQ(text.substr(700), std::string(324, 'a'));
    EXPECT_EQ(hits(Fault::garbage_sector), 1U);
}

TEST(FaultyFileSystemSync, LeavesCleanPagesThatMayNotBeOnTheDisk) {
    int forgotten = 0;
    int reached = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        FaultyFileSystem files(seed);
        ASSERT_TRUE(files.make_directories("/d"));
        ASSERT_TRUE(replace_file(files, "/d/x", "old"));
        const auto file = files.open("/d/x", OpenMode::read_write);
        const std::string_view text = "new";
        ASSERT_TRUE((*file)->write_at(0, std::as_bytes(std::span(text))));
        files.fail_nth(Fault::failed_sync, 1);
        EXPECT_EQ((*file)->sync().error().code, ErrorCode::io);
        EXPECT_TRUE((*file)->sync()) << "a second sync succeeds and proves nothing";
        EXPECT_EQ(*read_file(files, "/d/x"), "new") << "the page cache still has it";
        files.set_fates({[](std::uint32_t) { return kKept; }, 4});
        files.restart(Restart::machine);
        const std::string content = *read_file(files, "/d/x");
        forgotten += content == "old" ? 1 : 0;
        reached += content == "new" ? 1 : 0;
    }
    EXPECT_GT(forgotten, 0);
    EXPECT_GT(reached, 0);
    EXPECT_EQ(forgotten + reached, 40);
}

TEST_F(FaultyFileSystemTest, NamesAreDurableOnlyAfterTheirDirectoryWasSynced) {
    put("/d/x", "old");
    {
        const auto file = create("/d/y");
        ASSERT_TRUE(write(*file, 0, "new") && file->sync());
    }
    ASSERT_TRUE(files_.rename("/d/y", "/d/x"));
    EXPECT_EQ(content("/d/x"), "new");
    all_fates(kLost);
    files_.restart(Restart::machine);
    EXPECT_EQ(content("/d/x"), "old");
    EXPECT_FALSE(*files_.exists("/d/y"));
    EXPECT_EQ(hits(Fault::lost_directory_operation), 2U);
}

TEST_F(FaultyFileSystemTest, StopsInTheMiddleAndEndsOldFilesAndLocks) {
    const auto file = create("/d/x");
    const auto lock = files_.lock("/d/lock");
    files_.stop_at(2);
    ASSERT_TRUE(write(*file, 0, "one"));
    EXPECT_FALSE(write(*file, 0, "two"));
    EXPECT_TRUE(files_.stopped());
    EXPECT_FALSE(files_.exists("/d/x"));
    files_.restart(Restart::process);
    EXPECT_FALSE(write(*file, 0, "three")) << "opened before the restart";
    EXPECT_TRUE(files_.lock("/d/lock"));
}

TEST_F(FaultyFileSystemTest, FailsTheNthCandidateOnce) {
    const auto file = create("/d/x");
    files_.fail_nth(Fault::write_no_space, 2);
    EXPECT_TRUE(write(*file, 0, "a"));
    EXPECT_EQ(write(*file, 0, "b").error().code, ErrorCode::no_space);
    EXPECT_TRUE(write(*file, 0, "c"));
    files_.fail_nth(Fault::allocate_no_space, 1);
    EXPECT_EQ(file->allocate(0, 1000).error().code, ErrorCode::no_space);
    files_.fail_nth(Fault::failed_read, 1);
    EXPECT_FALSE(read_file(files_, "/d/x"));
    EXPECT_EQ(hits(Fault::write_no_space), 1U);
    EXPECT_EQ(hits(Fault::failed_read), 1U);
}

TEST(FaultyFileSystemSeed, DecidesEverything) {
    const auto life = [](std::uint64_t seed) {
        FaultyFileSystem files(seed);
        EXPECT_TRUE(files.make_directories("/d"));
        files.set_all_rates(0.1);
        std::string story;
        for (int i = 0; i < 300; ++i) {
            const std::string path = "/d/" + std::to_string(i % 7);
            const auto file = files.open(path, OpenMode::create);
            story += file ? 'o' : 'O';
            const std::string text(static_cast<std::size_t>(i) * 5, 'x');
            if (file) story += (*file)->write_at(0, std::as_bytes(std::span(text))) ? 'w' : 'W';
            if (file) story += (*file)->sync() ? 's' : 'S';
            story += files.sync_directory("/d") ? 'd' : 'D';
            if (i % 20 == 19) files.restart(Restart::machine);
            story += read_file(files, path).value_or("(none)");
        }
        return story;
    };
    EXPECT_EQ(life(3), life(3));
    EXPECT_NE(life(3), life(4));
}

}  // namespace
}  // namespace cellmon::io
