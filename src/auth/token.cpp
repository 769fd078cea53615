#include "auth/token.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <simdjson.h>

#include "base/assert.hpp"

namespace cellmon::auth {
namespace {

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::size_t kMostBytes = 4'096;  ///< Of a token; ours have some 200.
constexpr std::size_t kHashBytes = 32;

std::string hmac(std::string_view text, std::string_view secret) {
    std::array<unsigned char, kHashBytes> digest{};
    unsigned size = 0;
    const auto* made = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                            reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                            digest.data(), &size);
    CELLMON_ASSERT(made != nullptr && size == kHashBytes);
    return {digest.begin(), digest.end()};
}

/// The text of a claim as JSON; addresses may hold quotes and backslashes only in theory.
std::string json_string(std::string_view text) {
    std::string json = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') json += '\\';
        json += c;
    }
    return json + '"';
}

std::optional<Claims> claims_of(const std::string& json) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view subject;
    std::string_view id;
    Claims claims;
    if (parser.parse(json).get(root) != simdjson::SUCCESS) return std::nullopt;
    if (root["sub"].get(subject) != simdjson::SUCCESS) return std::nullopt;
    if (root["jti"].get(id) != simdjson::SUCCESS) return std::nullopt;
    if (root["exp"].get(claims.expires_s) != simdjson::SUCCESS) return std::nullopt;
    claims.subject = subject;
    claims.id = id;
    return claims;
}

}  // namespace

std::string sign_token(const Claims& claims, std::string_view secret) {
    std::string token = base64url(kHeader);
    token += '.';
    token += base64url(fmt::format(R"({{"sub":{},"exp":{},"jti":{}}})", json_string(claims.subject),
                                   claims.expires_s, json_string(claims.id)));
    const std::string signature = base64url(hmac(token, secret));
    return token + '.' + signature;
}

std::optional<Claims> read_token(std::string_view token, std::string_view secret, TimeUs now) {
    static const std::string kEncodedHeader = base64url(kHeader);
    if (token.size() > kMostBytes) return std::nullopt;
    const auto dot = token.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view signed_part = token.substr(0, dot);
    const auto signature = from_base64url(token.substr(dot + 1));
    const std::string expected = hmac(signed_part, secret);
    if (!signature || signature->size() != expected.size() ||
        CRYPTO_memcmp(signature->data(), expected.data(), expected.size()) != 0) {
        return std::nullopt;
    }
    const auto first_dot = signed_part.find('.');
    if (signed_part.substr(0, first_dot) != kEncodedHeader) return std::nullopt;
    const auto json = from_base64url(signed_part.substr(first_dot + 1));
    if (!json) return std::nullopt;
    auto claims = claims_of(*json);
    if (!claims || claims->expires_s <= now / kSecondUs) return std::nullopt;
    return claims;
}

std::string random_text(RandomSource& random) {
    std::array<std::uint8_t, kHashBytes> bytes{};
    random.fill(bytes);
    return base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string hash_of_token(std::string_view token) {
    std::array<unsigned char, kHashBytes> digest{};
    const int hashed =
        EVP_Digest(token.data(), token.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    CELLMON_ASSERT(hashed == 1);
    std::string hex;
    for (const unsigned char byte : digest)
        fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
    return hex;
}

}  // namespace cellmon::auth
