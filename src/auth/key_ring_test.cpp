// Goal: a class key is known by its hash, until it expires, is replaced or is doubted; the file of
// keys is read whole or not at all. Method: each verdict; a file with every byte of it damaged.
#include "auth/key_ring.hpp"

#include <set>

#include <gtest/gtest.h>

#include "auth/class_key.hpp"
#include "auth/token.hpp"

namespace cellmon::auth {
namespace {

using classroom::GoodKey;
using Verdict = KeyRing::Verdict;

class KeyRingTest : public ::testing::Test {
  protected:
    SystemRandom random_;
    const std::string key_ = make_class_key(random_);
    const std::string other_ = make_class_key(random_);
    KeyRing ring_;
};

TEST(ClassKey, IsLongRandomAndEasyToPaste) {
    SystemRandom random;
    std::set<std::string> keys;
    std::set<char> letters;
    for (int i = 0; i < 1'000; ++i) {
        const std::string key = make_class_key(random);
        ASSERT_TRUE(may_be_class_key(key)) << key;
        letters.insert(key.begin() + 3, key.end());
        EXPECT_TRUE(key.ends_with(ending_of_class_key(key)));
        keys.insert(key);
    }
    EXPECT_EQ(keys.size(), 1'000U);
    EXPECT_EQ(letters.size(), 32U) << "five bits a character, 130 in all";
    EXPECT_EQ(std::string(letters.begin(), letters.end()).find_first_of("01lo"), std::string::npos);
    EXPECT_FALSE(may_be_class_key(""));
    EXPECT_FALSE(may_be_class_key("ck_"));
    EXPECT_FALSE(may_be_class_key(std::string(kClassKeyBytes, 'x')));
}

TEST_F(KeyRingTest, KnowsGoodKeysByTheirClass) {
    ring_.replace(
        {{hash_of_token(key_), "情報 A", std::nullopt}, {hash_of_token(other_), "B", 100}});
    const auto answer = ring_.look_up(key_, 1);
    ASSERT_EQ(answer.verdict, Verdict::good);
    EXPECT_EQ(*answer.class_code, "情報 A");
    EXPECT_EQ(ring_.look_up(other_, 99).verdict, Verdict::good);
    EXPECT_EQ(ring_.look_up(other_, 100).verdict, Verdict::bad) << "expired";
    EXPECT_EQ(ring_.look_up(make_class_key(random_), 1).verdict, Verdict::bad);
    EXPECT_EQ(ring_.look_up(hash_of_token(key_), 1).verdict, Verdict::bad)
        << "who has the hash has no key";
    ring_.replace({});
    EXPECT_EQ(ring_.look_up(key_, 1).verdict, Verdict::bad) << "revoked";
    EXPECT_EQ(*answer.class_code, "情報 A") << "who was let in keeps what they were told";
}

TEST_F(KeyRingTest, WhatIsNotKnownIsUntoldWhileTheDatabaseIsAway) {
    EXPECT_EQ(ring_.look_up(key_, 1).verdict, Verdict::untold) << "nothing was asked yet";
    EXPECT_EQ(ring_.look_up("no key at all", 1).verdict, Verdict::bad);
    ring_.recall({{hash_of_token(key_), "A", 100}});
    EXPECT_EQ(ring_.look_up(key_, 1).verdict, Verdict::good);
    EXPECT_EQ(ring_.look_up(key_, 100).verdict, Verdict::bad);
    EXPECT_EQ(ring_.look_up(other_, 1).verdict, Verdict::untold);
    ring_.replace({{hash_of_token(key_), "A", std::nullopt}});
    EXPECT_EQ(ring_.look_up(other_, 1).verdict, Verdict::bad);
    ring_.doubt();
    EXPECT_EQ(ring_.look_up(key_, 1).verdict, Verdict::good);
    EXPECT_EQ(ring_.look_up(other_, 1).verdict, Verdict::untold);
}

TEST_F(KeyRingTest, TheFileComesBackWholeOrNotAtAll) {
    const std::vector<GoodKey> keys{{hash_of_token(key_), "情報 A - 2", std::nullopt},
                                    {hash_of_token(other_), "crc 0", 1'234'567'890}};
    const std::string text = text_of_keys(keys);
    EXPECT_EQ(text.find(key_), std::string::npos);
    const auto read = keys_of_text(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, keys);
    EXPECT_TRUE(keys_of_text(text_of_keys({})));
    for (std::size_t at = 0; at < text.size(); ++at) {
        EXPECT_FALSE(keys_of_text(text.substr(0, at))) << at;
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        EXPECT_FALSE(keys_of_text(damaged)) << at;
    }
    EXPECT_FALSE(keys_of_text(text + "more\n"));
    EXPECT_EQ(keys_of_text("cellmon class keys 2\n").error().code, ErrorCode::newer_format);
}

}  // namespace
}  // namespace cellmon::auth
