// Goal: gzip of any size comes back byte for byte, and nothing grows beyond its limit.
// Method: bodies packed with zlib, then whole, cut, damaged, in two members and as a bomb.
#include "http/inflate.hpp"

#include <gtest/gtest.h>

#include "http/test_gzip.hpp"

namespace cellmon::http {
namespace {

using Outcome = Inflater::Outcome;

bool admit_all(std::size_t /*bytes*/) {
    return true;
}

class InflaterTest : public ::testing::Test {
  protected:
    Outcome inflate(std::string_view packed, std::size_t limit = 1U << 20U) {
        out_.clear();
        return inflater_.inflate(packed, limit, admit_all, out_);
    }

    Inflater inflater_;
    std::string out_;
};

TEST_F(InflaterTest, UnpacksEverySizeAroundItsSteps) {
    for (const std::size_t size : {0, 1, 4095, 4096, 4097, 100'000, 1'000'000}) {
        const std::string text(size, 'a');
        EXPECT_EQ(inflate(testing::gzip(text)), Outcome::done);
        EXPECT_EQ(out_, text) << size;
    }
}

TEST_F(InflaterTest, JoinsMembers) {
    EXPECT_EQ(inflate(testing::gzip("one ") + testing::gzip("two")), Outcome::done);
    EXPECT_EQ(out_, "one two");
}

TEST_F(InflaterTest, RefusesWhatIsNotWholeGzip) {
    const std::string packed = testing::gzip(std::string(10'000, 'b') + "end");
    for (std::size_t size = 0; size < packed.size(); ++size) {
        EXPECT_EQ(inflate(packed.substr(0, size)), Outcome::corrupt) << size;
    }
    std::string wrong_sum = packed;
    wrong_sum[packed.size() - 6] ^= 1;
    EXPECT_EQ(inflate(wrong_sum), Outcome::corrupt);
    EXPECT_EQ(inflate("plain text"), Outcome::corrupt);
    EXPECT_EQ(inflate(packed + "rest"), Outcome::corrupt);
}

TEST_F(InflaterTest, StopsAtTheLimit) {
    const std::string bomb = testing::gzip(std::string(1'000'000, '\0'));
    ASSERT_LT(bomb.size(), 2'000U);
    EXPECT_EQ(inflate(bomb, 1'000'000), Outcome::done);
    EXPECT_EQ(inflate(bomb, 999'999), Outcome::too_large);
    EXPECT_LE(out_.size(), 1'000'000U);
    EXPECT_EQ(inflate(bomb, 10), Outcome::too_large);
}

TEST_F(InflaterTest, AsksBeforeItGrows) {
    std::size_t granted = 0;
    const auto admit = [&](std::size_t bytes) {
        if (granted + bytes > 50'000) return false;
        granted += bytes;
        return true;
    };
    const std::string packed = testing::gzip(std::string(100'000, 'c'));
    EXPECT_EQ(inflater_.inflate(packed, 1U << 20U, admit, out_), Outcome::refused);
    EXPECT_LE(out_.size(), 50'000U);
}

}  // namespace
}  // namespace cellmon::http
