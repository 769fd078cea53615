// Goal: what the file says comes back as it was, and what a crash or a hand has done to it is seen.
// Method: files for real, changed byte by byte.

#include "sinks/influxdb/local_state.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "journal/checked_text.hpp"

namespace cellmon::influxdb {
namespace {

class LocalStateTest : public ::testing::Test {
  protected:
    LocalStateTest() {
        std::filesystem::create_directories(folder_);
        state_.progress.through = 1'500;
        state_.progress.resume = {Id128::from_text("journal"), 3, 999, 0x0123456789abcdefU};
        state_.dead_letters = {{7, "student_progress", "field type conflict: \"a b\""},
                               {1'000, "class_activity", ""}};
    }
    ~LocalStateTest() override { std::filesystem::remove_all(folder_); }

    const std::filesystem::path folder_ =
        std::filesystem::path(::testing::TempDir()) /
        fmt::format("cellmon-local-state-{:016x}", SystemRandom().u64());
    const std::string path_ = (folder_ / "timeseries.state").string();
    const std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
    LocalState state_;
};

TEST_F(LocalStateTest, ComesBackAsItWas) {
    EXPECT_EQ(*load_state(*files_, path_), std::nullopt);
    ASSERT_TRUE(store_state(*files_, path_, state_));
    EXPECT_EQ(*load_state(*files_, path_), state_);
    ASSERT_TRUE(store_state(*files_, path_, {}));
    EXPECT_EQ(*load_state(*files_, path_), LocalState{});
}

TEST_F(LocalStateTest, EveryByteCounts) {
    ASSERT_TRUE(store_state(*files_, path_, state_));
    const std::string text = *io::read_file(*files_, path_);
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        ASSERT_TRUE(io::replace_file(*files_, path_, changed));
        const auto loaded = load_state(*files_, path_);
        ASSERT_FALSE(loaded) << at;
        EXPECT_EQ(loaded.error().code, ErrorCode::corrupt) << at;
        ASSERT_TRUE(io::replace_file(*files_, path_, text.substr(0, at)));
        ASSERT_FALSE(load_state(*files_, path_)) << at;
    }
}

TEST_F(LocalStateTest, ANewerFileIsLeftAlone) {
    ASSERT_TRUE(io::replace_file(*files_, path_, journal::with_checksum("cellmon-timeseries 2\n")));
    const auto loaded = load_state(*files_, path_);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::newer_format);
}

}  // namespace
}  // namespace cellmon::influxdb
