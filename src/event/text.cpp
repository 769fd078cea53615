#include "event/text.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstring>

#include <openssl/sha.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace cellmon::event {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighBits = 0x8080808080808080U;

bool is_special(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

/// Whether one of eight bytes may be special; never false when one is.
bool may_hold_special(std::uint64_t word) {
    const auto zero_byte = [](std::uint64_t w) { return (w - kOnes) & ~w; };
    const std::uint64_t control = (word - kOnes * 0x20) & ~word;
    return ((control | zero_byte(word ^ (kOnes * '"')) | zero_byte(word ^ (kOnes * '\\'))) &
            kHighBits) != 0;
}

void append_two_digits(char* out, unsigned value) {
    out[0] = static_cast<char>('0' + value / 10);
    out[1] = static_cast<char>('0' + value % 10);
}

template <typename T>
void append_chars(std::string& out, T value) {
    std::array<char, 32> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out.append(buffer.data(), result.ptr);
}

/// Length of the white space character at the start of `text`; 0 for none.
std::size_t space_at_start(std::string_view text) {
    if (text.empty()) return 0;
    if (static_cast<unsigned char>(text[0]) <= 0x20) return 1;
    if (text.starts_with("\xC2\xA0")) return 2;
    if (text.starts_with("\xE3\x80\x80") || text.starts_with("\xEF\xBB\xBF")) return 3;
    // U+2000 to U+200B
    const bool general = text.size() >= 3 && text.starts_with("\xE2\x80") &&
                         static_cast<unsigned char>(text[2]) >= 0x80 &&
                         static_cast<unsigned char>(text[2]) <= 0x8B;
    return general ? 3 : 0;
}

}  // namespace

std::size_t find_special(std::string_view text, std::size_t from) {
    std::size_t position = std::min(from, text.size());
#ifdef __SSE2__
    const __m128i last_control = _mm_set1_epi8(0x1F);
    while (position + 16 <= text.size()) {
        const __m128i block =
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + position));
        const __m128i found =
            _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block),
                         _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                      _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
        if (mask != 0) return position + static_cast<std::size_t>(std::countr_zero(mask));
        position += 16;
    }
#endif
    while (position + 8 <= text.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + position, 8);
        if (may_hold_special(word)) {
            for (std::size_t i = 0; i < 8; ++i) {
                if (is_special(text[position + i])) return position + i;
            }
        }
        position += 8;
    }
    while (position < text.size() && !is_special(text[position]))
        ++position;
    return position;
}

bool read_hex4(std::string_view text, std::size_t position, std::uint32_t& value) {
    if (position + 4 > text.size()) return false;
    const char* begin = text.data() + position;
    const auto result = std::from_chars(begin, begin + 4, value, 16);
    return result.ec == std::errc{} && result.ptr == begin + 4;
}

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t plain = 0;
    for (;;) {
        const std::size_t special = find_special(text, plain);
        out.append(text.data() + plain, special - plain);
        if (special == text.size()) break;
        const char c = text[special];
        switch (c) {
            case '"':
                out.append("\\\"");
                break;
            case '\\':
                out.append("\\\\");
                break;
            case '\b':
                out.append("\\b");
                break;
            case '\f':
                out.append("\\f");
                break;
            case '\n':
                out.append("\\n");
                break;
            case '\r':
                out.append("\\r");
                break;
            case '\t':
                out.append("\\t");
                break;
            default:
                out.append("\\u00");
                out.push_back(kHexDigits[static_cast<unsigned char>(c) >> 4]);
                out.push_back(kHexDigits[static_cast<unsigned char>(c) & 15]);
        }
        plain = special + 1;
    }
    out.push_back('"');
}

void append_number(std::string& out, double value) {
    append_chars(out, value);
}

void append_number(std::string& out, std::int64_t value) {
    append_chars(out, value);
}

void append_number(std::string& out, std::uint64_t value) {
    append_chars(out, value);
}

void append_time(std::string& out, TimeUs time) {
    using namespace std::chrono;
    const sys_time<microseconds> point{microseconds{time}};
    const auto day = floor<days>(point);
    const year_month_day date{day};
    const auto in_day = static_cast<std::uint64_t>((point - day).count());
    const auto seconds = static_cast<unsigned>(in_day / 1'000'000);
    const auto micros = static_cast<unsigned>(in_day % 1'000'000);
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));

    char text[] = "0000-00-00T00:00:00.000000Z";
    append_two_digits(text, year / 100);
    append_two_digits(text + 2, year % 100);
    append_two_digits(text + 5, static_cast<unsigned>(date.month()));
    append_two_digits(text + 8, static_cast<unsigned>(date.day()));
    append_two_digits(text + 11, seconds / 3600);
    append_two_digits(text + 14, seconds / 60 % 60);
    append_two_digits(text + 17, seconds % 60);
    append_two_digits(text + 20, micros / 10'000);
    append_two_digits(text + 22, micros / 100 % 100);
    append_two_digits(text + 24, micros % 100);
    out.append(text, sizeof(text) - 1);
}

std::string_view cut_utf8(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    std::size_t size = max_bytes;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
        --size;
    return text.substr(0, size);
}

std::string_view trim(std::string_view text) {
    while (const std::size_t size = space_at_start(text))
        text.remove_prefix(size);
    for (;;) {
        std::size_t start = text.size();
        if (start == 0) return text;
        do {
            --start;
        } while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80);
        if (space_at_start(text.substr(start)) != text.size() - start) return text;
        text.remove_suffix(text.size() - start);
    }
}

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    std::string text;
    text.reserve(digest.size() * 2);
    for (const unsigned char byte : digest) {
        text.push_back(kHexDigits[byte >> 4]);
        text.push_back(kHexDigits[byte & 15]);
    }
    return text;
}

}  // namespace cellmon::event
