#include "classroom/email.hpp"

#include <algorithm>
#include <array>

namespace cellmon::classroom {
namespace {

constexpr std::size_t kMaxBytes = 254;
constexpr std::size_t kMaxLocalBytes = 64;
constexpr std::size_t kMaxLabelBytes = 63;

/// Top-level domains that nobody can have a mailbox in (RFC 6761 and what follows it).
constexpr std::array<std::string_view, 6> kReserved = {"arpa",      "invalid", "local",
                                                       "localhost", "onion",   "test"};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 5322 atext, and everything beyond ASCII (RFC 6532).
bool is_local_character(char c) {
    constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~.";
    return is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
           kOthers.find(c) != std::string_view::npos;
}

bool is_local_part(std::string_view text) {
    return !text.empty() && text.size() <= kMaxLocalBytes && text.front() != '.' &&
           text.back() != '.' && text.find("..") == std::string_view::npos &&
           std::all_of(text.begin(), text.end(), is_local_character);
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= kMaxLabelBytes && text.front() != '-' &&
           text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter_or_digit(c) || c == '-';
           });
}

tl::unexpected<Error> refused(std::string_view why) {
    return fail(ErrorCode::invalid, "value is not a valid email address: " + std::string(why));
}

}  // namespace

std::string email_key(std::string_view email) {
    std::string key(email);
    std::transform(key.begin(), key.end(), key.begin(), lower);
    return key;
}

Result<std::string> normal_email(std::string_view text) {
    if (text.size() > kMaxBytes) return refused("It is too long.");
    const auto at = text.find('@');
    if (at == std::string_view::npos) return refused("An email address must have an @-sign.");
    if (text.find('@', at + 1) != std::string_view::npos) {
        return refused("An email address must have exactly one @-sign.");
    }
    const std::string_view local = text.substr(0, at);
    const std::string domain = email_key(text.substr(at + 1));
    if (!is_local_part(local)) return refused("The part before the @-sign is not valid.");
    std::string_view rest = domain;
    std::string_view label;
    std::size_t labels = 0;
    while (true) {
        const auto dot = rest.find('.');
        label = rest.substr(0, dot);
        if (!is_label(label)) return refused("The part after the @-sign is not valid.");
        ++labels;
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    const bool digits =
        std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (labels < 2 || digits) {
        return refused("The part after the @-sign is not valid. It should have a period.");
    }
    if (std::find(kReserved.begin(), kReserved.end(), label) != kReserved.end()) {
        return refused(
            "The part after the @-sign is a special-use or reserved name that cannot be used with "
            "email.");
    }
    return std::string(local) + '@' + domain;
}

}  // namespace cellmon::classroom
