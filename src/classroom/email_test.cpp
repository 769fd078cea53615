// Goal: what is an address for the contract is one, and nothing else. Method: a table.
#include "classroom/email.hpp"

#include <gtest/gtest.h>

namespace cellmon::classroom {
namespace {

TEST(Email, TheDomainComesInSmallLetters) {
    EXPECT_EQ(*normal_email("Sensei@Example.COM"), "Sensei@example.com");
    EXPECT_EQ(*normal_email("a.b+c@sub.example.co.jp"), "a.b+c@sub.example.co.jp");
    EXPECT_EQ(*normal_email("先生@example.com"), "先生@example.com");
    EXPECT_EQ(email_key("Sensei@Example.COM"), "sensei@example.com");
}

TEST(Email, WhatIsNoneIsRefusedWithTheReason) {
    for (const std::string text : {"",
                                   "a",
                                   "a@",
                                   "@example.com",
                                   "a@b@example.com",
                                   "a b@example.com",
                                   ".a@example.com",
                                   "a.@example.com",
                                   "a..b@example.com",
                                   "a@example",
                                   "a@-example.com",
                                   "a@example-.com",
                                   "a@.com",
                                   "a@example..com",
                                   "a@example.com.",
                                   "a@127.0.0.1",
                                   "a@school.local",
                                   "a@school.test",
                                   "a@x.invalid",
                                   "a@a.localhost",
                                   "a@例え.jp",
                                   "a\n@example.com",
                                   "a@exam\nple.com"}) {
        const auto email = normal_email(text);
        ASSERT_FALSE(email) << text;
        EXPECT_EQ(email.error().code, ErrorCode::invalid);
        EXPECT_TRUE(email.error().message.starts_with("value is not a valid email address: "));
    }
    EXPECT_TRUE(normal_email(std::string(64, 'a') + "@example.com"));
    EXPECT_FALSE(normal_email(std::string(65, 'a') + "@example.com"));
    EXPECT_FALSE(normal_email("a@" + std::string(64, 'a') + ".com"));
    EXPECT_FALSE(normal_email(std::string(5'000, 'a') + "@example.com"));
}

}  // namespace
}  // namespace cellmon::classroom
