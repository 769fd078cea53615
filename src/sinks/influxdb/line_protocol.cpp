#include "sinks/influxdb/line_protocol.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "base/assert.hpp"

namespace cellmon::influxdb {
namespace {

constexpr std::uint64_t kBlock = 1'000'000;
constexpr std::int64_t kNsInMs = 1'000'000;
constexpr TimeUs kUsInMs = 1'000;

constexpr std::string_view kFullWidthBackslash = "\xef\xbc\xbc";

bool is_control(char one) {
    return static_cast<unsigned char>(one) < 0x20 || one == 0x7f;
}

/// U+2400 + its code, and U+2421 for DEL.
void append_picture(std::string& out, char control) {
    const char low = control == 0x7f ? '\x21' : control;
    out += "\xe2\x90";
    out += static_cast<char>(0x80 + low);
}

template <typename Number>
void append_number(std::string& out, Number value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

/// Hands `value` on in the longest pieces that hold no special character, and those one by one.
template <typename IsSpecial, typename Plain, typename Special>
void for_pieces(std::string_view value, IsSpecial is_special, Plain plain, Special special) {
    std::size_t begin = 0;
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (!is_special(value[at])) continue;
        plain(value.substr(begin, at - begin));
        special(value[at]);
        begin = at + 1;
    }
    plain(value.substr(begin));
}

void append_in_tag(std::string& out, char special) {
    if (special == '\\') {
        out += kFullWidthBackslash;
    } else {
        append_picture(out, special);
    }
}

}  // namespace

std::int64_t point_time_ns(TimeUs time_us, std::uint64_t sequence) {
    const TimeUs ms = time_us >= 0 ? time_us / kUsInMs : (time_us - (kUsInMs - 1)) / kUsInMs;
    return ms * kNsInMs + static_cast<std::int64_t>(sequence % kBlock);
}

std::uint64_t block_of(std::uint64_t sequence) {
    return sequence / kBlock;
}

std::string tag_text(std::string_view value) {
    std::string out;
    for_pieces(
        value, [](char one) { return is_control(one) || one == '\\'; },
        [&](std::string_view plain) { out += plain; },
        [&](char special) { append_in_tag(out, special); });
    return out;
}

void LineWriter::tag(std::string_view key, std::string_view value) {
    CELLMON_ASSERT(fields_ == 0);
    if (value.empty()) return;
    out_ += ',';
    out_ += key;
    out_ += '=';
    const auto is_special = [](char one) {
        return is_control(one) || one == '\\' || one == ',' || one == '=' || one == ' ';
    };
    for_pieces(
        value, is_special, [&](std::string_view plain) { out_ += plain; },
        [&](char special) {
            if (special == ',' || special == '=' || special == ' ') {
                out_ += '\\';
                out_ += special;
            } else {
                append_in_tag(out_, special);
            }
        });
}

void LineWriter::tag(std::string_view key, std::uint64_t value) {
    CELLMON_ASSERT(fields_ == 0);
    out_ += ',';
    out_ += key;
    out_ += '=';
    append_number(out_, value);
}

void LineWriter::field(std::string_view key) {
    out_ += fields_ == 0 ? ' ' : ',';
    ++fields_;
    out_ += key;
    out_ += '=';
}

void LineWriter::text(std::string_view key, std::string_view value) {
    field(key);
    out_ += '"';
    for_pieces(
        value, [](char one) { return one == '"' || one == '\\'; },
        [&](std::string_view plain) { out_ += plain; },
        [&](char special) {
            out_ += '\\';
            out_ += special;
        });
    out_ += '"';
}

void LineWriter::integer(std::string_view key, std::int64_t value) {
    field(key);
    append_number(out_, value);
    out_ += 'i';
}

void LineWriter::real(std::string_view key, double value) {
    CELLMON_ASSERT(std::isfinite(value));
    field(key);
    append_number(out_, value);
}

void LineWriter::boolean(std::string_view key, bool value) {
    field(key);
    out_ += value ? 't' : 'f';
}

void LineWriter::end(std::int64_t time_ns) {
    CELLMON_ASSERT(fields_ > 0);
    out_ += ' ';
    append_number(out_, time_ns);
    out_ += '\n';
}

}  // namespace cellmon::influxdb
