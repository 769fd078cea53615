// Goal: what the newest backup covers is read as it was written, and nothing else is believed.
// Method: each byte of the file changed.
#include "backup/covered.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace cellmon::backup {
namespace {

TEST(Covered, IsReadAsItWasWrittenOrNotAtAll) {
    std::string data = (std::filesystem::temp_directory_path() / "covered.XXXXXX").string();
    ASSERT_NE(::mkdtemp(data.data()), nullptr);
    const auto files = io::make_posix_file_system();
    EXPECT_EQ(read_covered(*files, data).value(), std::nullopt);
    const Covered covered{Id128::from_text("a journal"), 3, 12'345};
    ASSERT_TRUE(write_covered(*files, data, covered));
    EXPECT_EQ(read_covered(*files, data).value(), covered);
    const std::string path = data + "/" + std::string(kCoveredFile);
    const std::string text = io::read_file(*files, path).value();
    EXPECT_TRUE(text.starts_with("cellmon-backup-covered 1\njournal "));
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string bent = text;
        bent[at] = static_cast<char>(bent[at] ^ 1);
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bent;
        EXPECT_FALSE(read_covered(*files, data)) << at;
    }
    std::filesystem::remove_all(data);
}

}  // namespace
}  // namespace cellmon::backup
