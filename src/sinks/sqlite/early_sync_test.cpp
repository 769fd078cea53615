// Goal: little waits to be synced at any time, and an early sync that fails is no secret.
// Method: a file system below it that counts.
#include "sinks/sqlite/early_sync.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace cellmon::sqlite {
namespace {

struct Seen {
    std::size_t written = 0;
    std::vector<std::size_t> syncs;  ///< Bytes written before each.
    int sync_answer = SQLITE_OK;
    bool opens = true;
    bool closed = false;
};
Seen seen;

constexpr sqlite3_io_methods kCounting = [] {
    sqlite3_io_methods methods{};
    methods.iVersion = 3;
    methods.xClose = [](sqlite3_file*) {
        seen.closed = true;
        return SQLITE_OK;
    };
    methods.xWrite = [](sqlite3_file*, const void*, int size, sqlite3_int64) {
        seen.written += static_cast<std::size_t>(size);
        return SQLITE_OK;
    };
    methods.xSync = [](sqlite3_file*, int) {
        seen.syncs.push_back(seen.written);
        return seen.sync_answer;
    };
    return methods;
}();

class EarlySyncTest : public ::testing::Test {
  protected:
    EarlySyncTest() {
        seen = {};
        counting_.szOsFile = sizeof(sqlite3_file);
        counting_.xOpen = [](sqlite3_vfs*, const char*, sqlite3_file* file, int, int*) {
            file->pMethods = seen.opens ? &kCounting : nullptr;
            return seen.opens ? SQLITE_OK : SQLITE_CANTOPEN;
        };
    }

    int open(int flags) {
        place_.resize(static_cast<std::size_t>(vfs_.szOsFile) / sizeof(std::max_align_t) + 1);
        file_ = reinterpret_cast<sqlite3_file*>(place_.data());
        return vfs_.xOpen(&vfs_, "name", file_, flags, nullptr);
    }

    int write(int size) { return file_->pMethods->xWrite(file_, "", size, 0); }

    sqlite3_vfs counting_{};
    EarlySync vfs_{counting_, {.database = 100, .log = 1'000}, "counting"};
    std::vector<std::max_align_t> place_;
    sqlite3_file* file_ = nullptr;
};

TEST_F(EarlySyncTest, SyncsWhenTheLimitIsReached) {
    open(SQLITE_OPEN_MAIN_DB);
    for (int i = 0; i < 7; ++i)
        EXPECT_EQ(write(40), SQLITE_OK);
    EXPECT_EQ(seen.syncs, (std::vector<std::size_t>{120, 240}));
}

TEST_F(EarlySyncTest, ASyncOfSqliteCountsToo) {
    open(SQLITE_OPEN_MAIN_DB);
    write(80);
    file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL);
    write(80);
    EXPECT_EQ(seen.syncs, (std::vector<std::size_t>{80}));
    write(20);
    EXPECT_EQ(seen.syncs, (std::vector<std::size_t>{80, 180}));
}

TEST_F(EarlySyncTest, TheLogHasALimitOfItsOwnAndOtherFilesNone) {
    open(SQLITE_OPEN_WAL);
    write(999);
    EXPECT_TRUE(seen.syncs.empty());
    write(1);
    EXPECT_EQ(seen.syncs.size(), 1U);
    open(SQLITE_OPEN_TEMP_DB);
    write(1 << 20);
    EXPECT_EQ(seen.syncs.size(), 1U);
}

TEST_F(EarlySyncTest, ASyncThatFailsIsAnErrorOfTheWrite) {
    open(SQLITE_OPEN_MAIN_DB);
    seen.sync_answer = SQLITE_IOERR_FSYNC;
    EXPECT_EQ(write(99), SQLITE_OK);
    EXPECT_EQ(write(1), SQLITE_IOERR_FSYNC);
}

TEST_F(EarlySyncTest, AFileThatWasNotOpenedIsNotClosed) {
    seen.opens = false;
    EXPECT_EQ(open(SQLITE_OPEN_MAIN_DB), SQLITE_CANTOPEN);
    EXPECT_EQ(file_->pMethods, nullptr);
    seen.opens = true;
    EXPECT_EQ(open(SQLITE_OPEN_MAIN_DB), SQLITE_OK);
    file_->pMethods->xClose(file_);
    EXPECT_TRUE(seen.closed);
}

TEST(EarlySyncVfsTest, IsRegisteredOnceAndHoldsADatabase) {
    ASSERT_NE(early_sync_vfs(), nullptr);
    EXPECT_EQ(early_sync_vfs(), early_sync_vfs());
    EXPECT_NE(sqlite3_vfs_find(early_sync_vfs()), sqlite3_vfs_find(nullptr));
}

}  // namespace
}  // namespace cellmon::sqlite
