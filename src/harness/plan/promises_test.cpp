// Goal: who reads of missing events learns when the store was only late. Method: its words.

#include "harness/plan/promises.hpp"

#include <gtest/gtest.h>

namespace cellmon::harness::plan {
namespace {

TEST(Promises, AStoreThatIsBehindIsCalledLate) {
    const Words late = words_of_late("PostgreSQL", 7, 10, 60'000'000);
    EXPECT_EQ(late.en,
              "PostgreSQL had come only to sequence 7 of 10 when it had been waited for 60 s");
    EXPECT_NE(late.ja.find("60 秒待ってもシーケンス 7 / 10"), std::string::npos) << late.ja;
    EXPECT_EQ(words_of_late("PostgreSQL", 10, 10, 60'000'000).en, "");
}

}  // namespace
}  // namespace cellmon::harness::plan
