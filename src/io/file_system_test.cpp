// Goal: the real file system does what the interface says.
// Method: a folder of its own; each promise that can be seen without cutting the power.
#include "io/file_system.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "io/faulty_file_system.hpp"

namespace cellmon::io {
namespace {

/// Every test runs on the real file system and on the one of the simulations, so that both mean
/// the same.
class FileSystemTest : public ::testing::TestWithParam<bool> {
  protected:
    FileSystemTest() {
        if (GetParam()) {
            files_ = make_posix_file_system();
            std::string pattern =
                (std::filesystem::temp_directory_path() / "cellmon-io-XXXXXX").string();
            EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
            root_ = pattern;
        } else {
            files_ = std::make_unique<FaultyFileSystem>(1);
            root_ = "/data";
        }
        folder_ = root_ + "/a/b";
        EXPECT_TRUE(files_->make_directories(folder_));
    }
    ~FileSystemTest() override {
        if (GetParam()) std::filesystem::remove_all(root_);
    }
    [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
    void put(const std::string& name, std::string_view content) {
        const auto file = files_->open(path(name), OpenMode::create);
        ASSERT_TRUE(file);
        ASSERT_TRUE((*file)->write_at(0, std::as_bytes(std::span(content))));
    }

    std::unique_ptr<FileSystem> files_;
    std::string root_;
    std::string folder_;
};

TEST_P(FileSystemTest, ReadsWhatWasWrittenAtAnyPosition) {
    const auto file = files_->open(path("x"), OpenMode::create);
    ASSERT_TRUE(file);
    const std::string_view text = "text";
    ASSERT_TRUE((*file)->write_at(1000, std::as_bytes(std::span(text))));
    ASSERT_TRUE((*file)->sync());
    EXPECT_EQ(*(*file)->size(), 1004U);
    const auto content = read_file(*files_, path("x"));
    ASSERT_TRUE(content);
    EXPECT_EQ(*content, std::string(1000, '\0') + "text");
    EXPECT_EQ(read_file(*files_, path("x"), 1003).error().code, ErrorCode::limit);
    std::array<std::byte, 8> bytes{};
    EXPECT_EQ(*(*file)->read_at(1002, bytes), 2U);
    EXPECT_EQ(*(*file)->read_at(5000, bytes), 0U);
}

TEST_P(FileSystemTest, AllocatesAndTruncates) {
    const auto file = files_->open(path("x"), OpenMode::create);
    ASSERT_TRUE((*file)->allocate(0, 8192));
    EXPECT_EQ(*(*file)->size(), 8192U);
    ASSERT_TRUE((*file)->allocate(0, 100));
    EXPECT_EQ(*(*file)->size(), 8192U);
    const std::string_view text = "0123456789";
    ASSERT_TRUE((*file)->write_at(0, std::as_bytes(std::span(text))));
    ASSERT_TRUE((*file)->truncate(5));
    ASSERT_TRUE((*file)->truncate(8));
    EXPECT_EQ(*read_file(*files_, path("x")), std::string("01234\0\0\0", 8));
}

TEST_P(FileSystemTest, AnOpenFileOutlivesItsName) {
    put("x", "old");
    const auto old = files_->open(path("x"), OpenMode::read);
    put("y", "new");
    ASSERT_TRUE(files_->rename(path("y"), path("x")));
    EXPECT_EQ(*read_file(*files_, path("x")), "new");
    std::array<std::byte, 3> bytes{};
    ASSERT_EQ(*(*old)->read_at(0, bytes), 3U);
    EXPECT_EQ(bytes[0], std::byte{'o'});
    const auto renamed = files_->open(path("x"), OpenMode::read);
    ASSERT_TRUE(files_->remove(path("x")));
    EXPECT_EQ(*(*renamed)->size(), 3U);
    EXPECT_FALSE(*files_->exists(path("x")));
}

TEST_P(FileSystemTest, ListsSortedNamesAndSaysWhatIsMissing) {
    put("b", "");
    put("a", "");
    EXPECT_EQ(*files_->list(folder_), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(files_->open(path("c"), OpenMode::read).error().code, ErrorCode::not_found);
    EXPECT_EQ(files_->open(path("no/c"), OpenMode::create).error().code, ErrorCode::not_found);
    EXPECT_EQ(files_->remove(path("c")).error().code, ErrorCode::not_found);
    EXPECT_EQ(files_->list(path("no")).error().code, ErrorCode::not_found);
    EXPECT_TRUE(files_->make_directories(folder_));
}

TEST_P(FileSystemTest, LocksOnce) {
    EXPECT_FALSE(*files_->is_locked(path("lock")));
    auto lock = files_->lock(path("lock"));
    ASSERT_TRUE(lock);
    EXPECT_TRUE(*files_->is_locked(path("lock")));
    EXPECT_EQ(files_->lock(path("lock")).error().code, ErrorCode::locked);
    lock->reset();
    EXPECT_FALSE(*files_->is_locked(path("lock")));
    EXPECT_TRUE(files_->lock(path("lock")));
}

TEST_P(FileSystemTest, ReplacesAFile) {
    ASSERT_TRUE(replace_file(*files_, path("x"), "one"));
    ASSERT_TRUE(replace_file(*files_, path("x"), "two"));
    EXPECT_EQ(*read_file(*files_, path("x")), "two");
    ASSERT_TRUE(replace_file(*files_, path("x"), "three", OpenMode::create_private));
    EXPECT_EQ(*read_file(*files_, path("x")), "three");
    EXPECT_EQ(files_->list(folder_)->size(), 1U);
    EXPECT_GT(*files_->free_bytes(folder_), 0U);
}

INSTANTIATE_TEST_SUITE_P(Both, FileSystemTest, ::testing::Bool(), [](const auto& instance) {
    return instance.param ? std::string("Posix") : std::string("Faulty");
});

}  // namespace
}  // namespace cellmon::io
