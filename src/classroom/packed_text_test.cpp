// Goal: what is packed comes back byte by byte, what gains nothing is left as it is, and damage is
// found. Method: texts of all kinds and sizes, each byte of a frame changed.
#include "classroom/packed_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/random.hpp"

namespace cellmon::classroom {
namespace {

std::string repeated(std::string_view piece, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes)
        text += piece;
    text.resize(bytes);
    return text;
}

TEST(PackedText, ComesBack) {
    for (const std::size_t bytes : {kPackFromBytes, std::size_t{10'000}, std::size_t{5'000'000}}) {
        const std::string text = repeated("print('こんにちは')\n", bytes);
        const auto bytes_of_it = packed(text);
        ASSERT_TRUE(bytes_of_it);
        EXPECT_LT(bytes_of_it->size(), text.size() / 2);
        EXPECT_EQ(unpacked(*bytes_of_it).value(), text);
    }
}

RC_GTEST_PROP(PackedText, AnyTextComesBack, (const std::string& piece)) {
    const std::string text = repeated(piece + '\0', kPackFromBytes + piece.size());
    const auto bytes = packed(text);
    RC_ASSERT(!bytes || (unpacked(*bytes).value() == text && bytes->size() < text.size()));
}

TEST(PackedText, IsLeftWhereNothingIsGained) {
    EXPECT_FALSE(packed(""));
    EXPECT_FALSE(packed(repeated("a", kPackFromBytes - 1)));
    SeededRandom random(1);
    std::string noise;
    while (noise.size() < 4'096)
        noise += static_cast<char>(random.u32());
    EXPECT_FALSE(packed(noise));
}

TEST(PackedText, DamageIsFound) {
    const std::string text = repeated("x = [1, 2, 3]  # 数\n", 2'000);
    const std::string bytes = packed(text).value();
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string other = bytes;
        other[at] = static_cast<char>(other[at] ^ 0x20);
        const auto read = unpacked(other);
        EXPECT_TRUE(!read || *read == text) << at;
        if (!read) {
            EXPECT_EQ(read.error().code, ErrorCode::corrupt);
        }
    }
    EXPECT_FALSE(unpacked(bytes.substr(0, bytes.size() - 1)));
    EXPECT_FALSE(unpacked(bytes + "x"));
    EXPECT_FALSE(unpacked(""));
    EXPECT_FALSE(unpacked("no frame"));
}

}  // namespace
}  // namespace cellmon::classroom
