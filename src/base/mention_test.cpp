// Goal: an address is found where it is meant, and not where it is a part of another one.
// Method: a table of texts.
#include "base/mention.hpp"

#include <gtest/gtest.h>

namespace cellmon {
namespace {

constexpr std::string_view kAddress = "taro@example.com";

TEST(Mention, IsFoundWhereItIsMeant) {
    for (const std::string_view text :
         {"taro@example.com", "TARO@Example.COM", R"({"emailAddress":"taro@example.com"})",
          R"("a\ntaro@example.com")", "宛先：taro@example.com。",
          "a hanataro@example.com, taro@example.com.", "mailto:taro@example.com?x",
          "(taro@example.com)"}) {
        EXPECT_TRUE(mentions(text, kAddress)) << text;
        EXPECT_NE(find_letters(text, kAddress), std::string_view::npos) << text;
    }
}

TEST(Mention, IsNotFoundInAnotherAddress) {
    for (const std::string_view text :
         {"", "taro@example.co", "hanataro@example.com", "x.taro@example.com", "a+taro@example.com",
          "taro@example.com.au", "taro@example.community", "taro@example.com-x", "@example.com",
          "tarotaro@example.comtaro@example.comx"}) {
        EXPECT_FALSE(mentions(text, kAddress)) << text;
    }
    EXPECT_EQ(find_letters("hanataro@example.com", kAddress), 4U);
    EXPECT_EQ(find_letters("hanataro@example.com", kAddress, 5), std::string_view::npos);
    EXPECT_EQ(find_letters("x", ""), std::string_view::npos);
}

}  // namespace
}  // namespace cellmon
