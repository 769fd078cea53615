// Goal: from when on points are kept is remembered, and never set back. Method: the file itself.
#include "sinks/influxdb/kept_from.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace cellmon::influxdb {
namespace {

TEST(KeptFrom, OnlyGrows) {
    std::string data = (std::filesystem::temp_directory_path() / "kept.XXXXXX").string();
    ASSERT_NE(::mkdtemp(data.data()), nullptr);
    const auto files = io::make_posix_file_system();
    const std::string state = data + "/timeseries.state";
    EXPECT_EQ(read_kept_from(*files, state).value(), kKeptForEver);
    ASSERT_TRUE(raise_kept_from(*files, state, 20'000 * kDayUs));
    EXPECT_EQ(read_kept_from(*files, state).value(), 20'000 * kDayUs);
    ASSERT_TRUE(raise_kept_from(*files, state, 19'000 * kDayUs));
    EXPECT_EQ(read_kept_from(*files, state).value(), 20'000 * kDayUs) << "they are gone for good";
    // A damaged one is refused, and written anew by whoever knows it.
    std::ofstream(data + "/timeseries.kept", std::ios::app) << "x";
    EXPECT_EQ(read_kept_from(*files, state).error().code, ErrorCode::corrupt);
    ASSERT_TRUE(raise_kept_from(*files, state, 20'001 * kDayUs));
    EXPECT_EQ(read_kept_from(*files, state).value(), 20'001 * kDayUs);
    std::filesystem::remove_all(data);
}

}  // namespace
}  // namespace cellmon::influxdb
