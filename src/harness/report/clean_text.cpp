#include "harness/report/clean_text.hpp"

#include <cstddef>
#include <cstdint>

namespace cellmon::harness::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Decoded {
    char32_t point = 0;
    std::size_t bytes = 0;  ///< 0: no UTF-8.
};

Decoded decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {};
    char32_t point = first & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {};
        point = (point << 6U) | (byte(i) & 0x3FU);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < kLeast[bytes] || point > 0x10FFFF || surrogate) return {};
    return {point, bytes};
}

bool is_harmless(char32_t point) {
    if (point < 0x20) return point == '\t' || point == '\n' || point == '\r';
    const bool control = point >= 0x7F && point < 0xA0;
    const bool turns = (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
    return !control && !turns && point != 0xFFFE && point != 0xFFFF;
}

}  // namespace

std::string clean_text(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const Decoded next = decode(text);
        const std::size_t bytes = next.bytes == 0 ? 1 : next.bytes;
        const bool keep = next.bytes != 0 && is_harmless(next.point);
        clean += keep ? text.substr(0, bytes) : kReplacement;
        text.remove_prefix(bytes);
    }
    return clean;
}

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : clean_text(text)) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

}  // namespace cellmon::harness::report
