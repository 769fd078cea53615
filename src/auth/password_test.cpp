// Goal: the right password opens, no other does; old and foreign hashes are read and told apart.
// Method: fresh hashes at the least cost libsodium takes, and hashes of other programs.
#include "auth/password.hpp"

#include <crypt.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cellmon::auth {
namespace {

constexpr PasswordCost kQuickCost{64U << 10U, 1};

TEST(Password, OnlyTheSameTextIsRight) {
    const bool holds =
        rc::check("hash and verify", [](const std::string& password, const std::string& other) {
            const auto hash = hash_password(password, kQuickCost);
            RC_ASSERT(hash.has_value());
            RC_ASSERT(hash->starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
            RC_ASSERT(verify_password(password, *hash, kQuickCost) == PasswordVerdict::right);
            RC_ASSERT((verify_password(other, *hash, kQuickCost) == PasswordVerdict::right) ==
                      (other == password));
        });
    EXPECT_TRUE(holds);
}

TEST(Password, EachHashHasASaltOfItsOwn) {
    EXPECT_NE(*hash_password("same password", kQuickCost),
              *hash_password("same password", kQuickCost));
}

TEST(Password, TheDefaultCostIsThatOfOwasp) {
    const auto hash = hash_password("correct horse", PasswordCost{});
    ASSERT_TRUE(hash);
    EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << *hash;
    EXPECT_GE(PasswordCost{}.memory_bytes * PasswordCost{}.passes, PasswordCost::kLeastProduct);
}

TEST(Password, AHashOfAnotherCostIsRightButOld) {
    const auto hash = hash_password("correct horse", kQuickCost);
    ASSERT_TRUE(hash);
    EXPECT_EQ(verify_password("correct horse", *hash, {64U << 10U, 2}),
              PasswordVerdict::right_but_old);
    EXPECT_EQ(verify_password("wrong horse", *hash, {64U << 10U, 2}), PasswordVerdict::wrong);
}

TEST(Password, BcryptOfOtherProgramsIsReadAndOld) {
    // Published vectors: Openwall's crypt_blowfish, and passlib's documentation.
    EXPECT_EQ(verify_password("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                              kQuickCost),
              PasswordVerdict::right_but_old);
    EXPECT_EQ(
        verify_password("password", "$2a$12$NT0I31Sa7ihGEWpka9ASYeEFkhuTNeBQ2xfZskIiiJeyFXhRgS.Sy",
                        kQuickCost),
        PasswordVerdict::right_but_old);
    const std::string hash = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    EXPECT_EQ(verify_password("U*U", hash, kQuickCost), PasswordVerdict::right_but_old);
    for (const std::string& wrong : {std::string("U*V"), std::string(), std::string("U*U\0x", 5)}) {
        EXPECT_EQ(verify_password(wrong, hash, kQuickCost), PasswordVerdict::wrong);
    }
}

TEST(Password, WhatIsNoHashOpensNothing) {
    for (const std::string hash :
         {"", "x", "*", "$2b$05$", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$", "$1$salt$hash",
          "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"}) {
        EXPECT_EQ(verify_password("", hash, kQuickCost), PasswordVerdict::wrong) << hash;
        EXPECT_EQ(verify_password(hash, hash, kQuickCost), PasswordVerdict::wrong) << hash;
    }
    EXPECT_EQ(verify_password("x", "$argon2id$" + std::string(200, 'x'), kQuickCost),
              PasswordVerdict::wrong);
}

TEST(Password, NewOnesHaveEightCharactersAndAnEnd) {
    EXPECT_FALSE(check_new_password("seven77"));
    EXPECT_TRUE(check_new_password("eight888"));
    EXPECT_FALSE(check_new_password("七文字の合言葉")) << "characters, not bytes";
    EXPECT_TRUE(check_new_password("八文字の合言葉だ"));
    EXPECT_TRUE(check_new_password(std::string(kMostPasswordBytes, 'x')));
    EXPECT_FALSE(check_new_password(std::string(kMostPasswordBytes + 1, 'x')));
}

}  // namespace
}  // namespace cellmon::auth
