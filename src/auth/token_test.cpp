// Goal: no token but one that was signed with this secret, for this algorithm, and is still good,
// is read. Method: the example of RFC 7515; every flipped bit; headers that name other algorithms.
#include "auth/token.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <rapidcheck.h>

namespace cellmon::auth {
namespace {

const std::string kSecret = "0123456789abcdef0123456789abcdef";
const Claims kClaims{"sensei@example.com", "id-of-the-token", 1'000};
constexpr TimeUs kBefore = 999 * kSecondUs;

std::string with_header(std::string_view header, std::string_view claims) {
    const std::string text = base64url(header) + '.' + base64url(claims);
    unsigned char digest[32];
    unsigned size = 0;
    HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
    return text + '.' + base64url({reinterpret_cast<const char*>(digest), size});
}

TEST(Base64Url, IsThatOfTheRfc) {
    for (const auto& [bytes, text] :
         std::initializer_list<std::pair<std::string, std::string>>{{"", ""},
                                                                    {"f", "Zg"},
                                                                    {"fo", "Zm8"},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg"},
                                                                    {"\xfb\xff", "-_8"}}) {
        EXPECT_EQ(base64url(bytes), text);
        EXPECT_EQ(from_base64url(text), bytes);
    }
    for (const char* bad : {"Z", "Zg=", "Zg==", "Zh", "Zm9v\n", "Zm+v", "Zm/v", "Zm9"}) {
        EXPECT_FALSE(from_base64url(bad)) << bad;
    }
    EXPECT_TRUE(rc::check("round trip", [](const std::string& bytes) {
        RC_ASSERT(from_base64url(base64url(bytes)) == bytes);
    }));
}

TEST(Token, SaysWhatItWasGiven) {
    EXPECT_EQ(read_token(sign_token(kClaims, kSecret), kSecret, kBefore), kClaims);
    const Claims odd{"a\"b\\c@example.com", "j", 1'000};
    EXPECT_EQ(read_token(sign_token(odd, kSecret), kSecret, kBefore), odd);
}

TEST(Token, IsTheFormOfTheContract) {
    const std::string token = sign_token(kClaims, kSecret);
    EXPECT_TRUE(token.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."));
    const auto claims = token.substr(37, token.rfind('.') - 37);
    EXPECT_EQ(from_base64url(claims),
              R"({"sub":"sensei@example.com","exp":1000,"jti":"id-of-the-token"})");
}

TEST(Token, EndsWithItsTime) {
    const std::string token = sign_token(kClaims, kSecret);
    EXPECT_TRUE(read_token(token, kSecret, 1'000 * kSecondUs - 1));
    EXPECT_FALSE(read_token(token, kSecret, 1'000 * kSecondUs));
}

TEST(Token, AnotherSecretIsNoSecret) {
    EXPECT_FALSE(read_token(sign_token(kClaims, kSecret), kSecret + "x", kBefore));
    EXPECT_FALSE(read_token(sign_token(kClaims, kSecret), "", kBefore));
}

TEST(Token, NoFlippedBitGetsPast) {
    const std::string token = sign_token(kClaims, kSecret);
    for (std::size_t at = 0; at < token.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string flipped = token;
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
            EXPECT_FALSE(read_token(flipped, kSecret, kBefore)) << at << '.' << bit;
        }
    }
}

TEST(Token, NoOtherAlgorithmIsTaken) {
    const std::string claims = R"({"sub":"a","exp":1000,"jti":"b"})";
    EXPECT_TRUE(
        read_token(with_header(R"({"alg":"HS256","typ":"JWT"})", claims), kSecret, kBefore));
    // Signed well, so that it is the header that is looked at.
    for (const char* header :
         {R"({"alg":"none","typ":"JWT"})", R"({"alg":"HS512","typ":"JWT"})", R"({"alg":"hs256"})",
          R"({"typ":"JWT"})", R"({"alg":"RS256","typ":"JWT"})", "", "{}"}) {
        EXPECT_FALSE(read_token(with_header(header, claims), kSecret, kBefore)) << header;
    }
    const std::string unsigned_token =
        base64url(R"({"alg":"none","typ":"JWT"})") + '.' + base64url(claims) + '.';
    EXPECT_FALSE(read_token(unsigned_token, kSecret, kBefore));
}

TEST(Token, ClaimsThatAreMissingOrOfAnotherTypeAreNone) {
    const std::string header = R"({"alg":"HS256","typ":"JWT"})";
    for (const char* claims : {R"({"exp":1000,"jti":"b"})", R"({"sub":"a","jti":"b"})",
                               R"({"sub":"a","exp":1000})", R"({"sub":1,"exp":1000,"jti":"b"})",
                               R"({"sub":"a","exp":"1000","jti":"b"})", "[]", "x", ""}) {
        EXPECT_FALSE(read_token(with_header(header, claims), kSecret, kBefore)) << claims;
    }
}

TEST(Token, AnyTextIsAnswered) {
    EXPECT_TRUE(rc::check("no text is a token", [](const std::string& text) {
        RC_ASSERT(!read_token(text, kSecret, kBefore));
    }));
    for (const std::string& text : {std::string(), std::string("."), std::string(".."),
                                    std::string("..."), std::string(1U << 20U, '.')}) {
        EXPECT_FALSE(read_token(text, kSecret, kBefore));
    }
}

TEST(Token, RandomTextsDifferAndHaveTheLengthOfTheSignature) {
    SystemRandom random;
    const std::string one = random_text(random);
    EXPECT_EQ(one.size(), 43U);
    EXPECT_NE(one, random_text(random));
    EXPECT_EQ(hash_of_token("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace cellmon::auth
