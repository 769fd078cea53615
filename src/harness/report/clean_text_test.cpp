#include "harness/report/clean_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <simdjson.h>

namespace cellmon::harness::report {
namespace {

TEST(CleanText, LeavesWhatIsHarmless) {
    EXPECT_EQ(clean_text("段階負荷 ≤ 500 ms\tÄ\n😀"), "段階負荷 ≤ 500 ms\tÄ\n😀");
}

TEST(CleanText, ReplacesWhatIsNot) {
    EXPECT_EQ(clean_text(std::string_view("a\0b\x1b[31m", 8)), "a\uFFFDb\uFFFD[31m");
    EXPECT_EQ(clean_text("\xC0\x80 \xED\xA0\x80 \xF5"), "\uFFFD\uFFFD \uFFFD\uFFFD\uFFFD \uFFFD");
    EXPECT_EQ(clean_text("\xE6\xAE"), "\uFFFD\uFFFD");
    EXPECT_EQ(clean_text("\u202Egnp.exe \uFFFE"), "\uFFFDgnp.exe \uFFFD");
}

TEST(CleanText, IsAlwaysUtf8AndCleanTextStaysAsItIs) {
    EXPECT_TRUE(rc::check([](const std::string& bytes) {
        const std::string clean = clean_text(bytes);
        RC_ASSERT(simdjson::validate_utf8(clean));
        RC_ASSERT(clean_text(clean) == clean);
    }));
}

TEST(Escaped, HoldsNothingThatEndsATextOrAnAttribute) {
    EXPECT_EQ(escaped("<a b='c' d=\"e\">&amp;"),
              "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;amp;");
    EXPECT_TRUE(rc::check([](const std::string& bytes) {
        RC_ASSERT(escaped(bytes).find_first_of("<>\"'") == std::string::npos);
    }));
}

}  // namespace
}  // namespace cellmon::harness::report
