#include "auth/token.hpp"

namespace cellmon::auth {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned kBits = 6;
constexpr unsigned kMask = 63;

}  // namespace

std::string base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        held = (held << 8U) | static_cast<unsigned char>(c);
        bits += 8;
        while (bits >= kBits) {
            bits -= kBits;
            text += kDigits[(held >> bits) & kMask];
        }
    }
    if (bits > 0) text += kDigits[(held << (kBits - bits)) & kMask];
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = kDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        held = (held << kBits) | static_cast<std::uint32_t>(digit);
        bits += kBits;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((held >> bits) & 0xFFU);
        }
    }
    // One text for each value: a lone digit, or bits behind the last byte, are refused.
    if (bits >= kBits || (held & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

}  // namespace cellmon::auth
