// Goal: no address that an erasure would find in a text is overlooked.
// Method: what mentions() says of texts made by chance of the letters that matter, and of some that
// were chosen.
#include "erasure/addresses.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/mention.hpp"
#include "base/random.hpp"

namespace cellmon::erasure {
namespace {

std::set<std::string> shown_in(std::string_view text) {
    std::set<std::string> shown;
    each_address(text, [&](std::string_view one) { shown.insert(small_letters(one)); });
    return shown;
}

TEST(Addresses, AreFoundWhereAMentionIs) {
    constexpr std::string_view kLetters = "anT7._%+-@\\ \"/:\n";
    SeededRandom random(17);
    const auto any = [&](std::size_t most) {
        std::string text(random.u32() % (most + 1), ' ');
        for (char& c : text)
            c = kLetters[random.u32() % kLetters.size()];
        return text;
    };
    std::size_t mentioned = 0;
    for (const std::string address : {"taro@example.com", "n@a.n", "7.a+t-n%@n-7.a_a", "tt@7"}) {
        for (int i = 0; i < 20'000; ++i) {
            std::string text = any(3);
            text += i % 2 == 0 ? address : "TARO@Example.com";
            text += any(3);
            if (!mentions(text, address)) continue;
            ++mentioned;
            ASSERT_TRUE(shown_in(text).contains(address)) << text << " names " << address;
        }
    }
    EXPECT_GT(mentioned, 10'000U);
}

TEST(Addresses, OfOtherAlphabetsAreFoundBetweenBlanks) {
    EXPECT_TRUE(shown_in("to 太郎@例え.jp, now").contains("太郎@例え.jp"));
    EXPECT_TRUE(
        shown_in(R"({"emailAddress":"o'neill@example.com"})").contains("o'neill@example.com"));
}

TEST(Addresses, NoTextIsTooLongOrTooShort) {
    for (const std::string& text : {std::string(), std::string("@"), std::string("@@@"),
                                    std::string(100'000, 'a') + '@' + std::string(100'000, 'b')}) {
        for (const std::string& one : shown_in(text))
            EXPECT_LE(one.size(), 3 * kMostAddressBytes);
    }
}

}  // namespace
}  // namespace cellmon::erasure
