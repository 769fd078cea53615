// What the name of a value says of it.
#include <algorithm>
#include <array>
#include <string>

#include "privacy/secret_text.hpp"
#include "privacy/secrets.hpp"

namespace cellmon::privacy {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLeastSecret =
    8;  ///< Shorter values of `secret`, `token` and `key` are words.

struct NameEnding {
    std::string_view ending;  ///< Small letters, without `_` and `-`.
    std::string_view kind;
};

constexpr std::array kNameEndings = std::to_array<NameEnding>({
    {"password", "password"},     {"passwd", "password"},
    {"passphrase", "password"},   {"passcode", "password"},
    {"pwd", "password"},          {"apikey", "API key"},
    {"token", "token"},           {"secret", "secret"},
    {"secretkey", "secret key"},  {"accesskey", "secret key"},
    {"accountkey", "secret key"}, {"privatekey", "secret key"},
    {"signingkey", "secret key"}, {"encryptionkey", "secret key"},
    {"パスワード", "password"},   {"暗証番号", "password"},
    {"トークン", "token"},        {"apiキー", "API key"},
    {"秘密鍵", "secret key"},
});

/// Names of lessons about text, which are not secret.
constexpr std::array kHarmlessTokens = std::to_array<std::string_view>(
    {"padtoken", "eostoken", "bostoken", "unktoken", "septoken", "clstoken", "masktoken",
     "nexttoken", "starttoken", "endtoken"});

}  // namespace

bool may_be_secret_name(std::string_view name) {
    constexpr std::size_t kBytes = 3;
    constexpr std::string_view kEnds = "ord swd pwd ase ode key ken ret ass ド 号 ン ー 鍵";
    constexpr std::string_view kLastBytes = "deynts\x89\xB7\xB3\xBC\xB5";
    if (name.size() < kBytes) return false;
    if (kLastBytes.find(small(name.back())) == std::string_view::npos) return false;
    const std::string_view last = name.substr(name.size() - kBytes);
    for (std::size_t at = 0; at < kEnds.size(); at += kBytes + 1) {
        if (has_word(last, 0, kEnds.substr(at, kBytes))) return true;
    }
    return false;
}

std::string_view secret_kind_of_name(std::string_view name) {
    if (!may_be_secret_name(name)) return {};
    if (name.size() > kLongestName) name.remove_prefix(name.size() - kLongestName);
    std::array<char, kLongestName> letters{};
    std::size_t count = 0;
    for (const char c : name) {
        if (c != '_' && c != '-' && c != ' ') letters[count++] = small(c);
    }
    const std::string_view plain(letters.data(), count);
    for (const auto& [ending, kind] : kNameEndings) {
        if (!plain.ends_with(ending)) continue;
        const bool is_harmless =
            ending == "token" &&
            std::ranges::any_of(kHarmlessTokens, [&](std::string_view harmless) {
                return plain.ends_with(harmless);
            });
        return is_harmless ? std::string_view{} : kind;
    }
    // `pass` by itself; not compass or bypass.
    const bool is_pass = plain == "pass" || plain == "dbpass" || plain == "userpass" ||
                         (plain.ends_with("pass") && name.size() > 5 &&
                          (name[name.size() - 5] == '_' || name[name.size() - 5] == '-'));
    return is_pass ? "password" : std::string_view{};
}

bool is_secret_value(std::string_view value, std::string_view kind) {
    if (value.empty() || value.starts_with(kMaskStart)) return false;
    const bool is_password = kind == "password";
    if (!is_password && value.size() < kLeastSecret) return false;
    const char first = value.front();
    const char last = value.back();
    if ((first == '{' && last == '}') || (first == '<' && last == '>') || first == '$' ||
        (first == '%' && value.size() <= 3)) {
        return false;
    }
    // A working directory; stars and dots in the place of what somebody hid already.
    if (is_password && first == '/') return false;
    return !std::ranges::all_of(value, [&](char c) { return c == first; }) ||
           is_alphanumeric(first);
}

std::string secret_mask(std::string_view kind) {
    return std::string(kMaskStart) + std::string(kind) + "]";
}

}  // namespace cellmon::privacy
