#include "base/mention.hpp"

#include <algorithm>

namespace cellmon {
namespace {

char small_letter(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter_or_digit(char c) {
    const char small = small_letter(c);
    return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9');
}

bool begins_there(std::string_view text, std::size_t at) {
    if (at == 0) return true;
    const char before = text[at - 1];
    const bool is_escape = at > 1 && text[at - 2] == '\\' &&
                           std::string_view("bfnrt").find(before) != std::string_view::npos;
    return is_escape || !(is_letter_or_digit(before) ||
                          std::string_view("._%+-").find(before) != std::string_view::npos);
}

bool ends_there(std::string_view text, std::size_t end) {
    if (end == text.size()) return true;
    const char next = text[end];
    if (is_letter_or_digit(next) || next == '-' || next == '_') return false;
    return next != '.' || end + 1 == text.size() || !is_letter_or_digit(text[end + 1]);
}

}  // namespace

std::string small_letters(std::string_view text) {
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(), small_letter);
    return small;
}

std::size_t find_letters(std::string_view bytes, std::string_view address, std::size_t from) {
    // The rarest letter of an address, which memchr finds quickly.
    const std::size_t mark = address.find('@');
    if (address.empty()) return std::string_view::npos;
    const std::size_t offset = mark == std::string_view::npos ? 0 : mark;
    const char letter = address[offset];
    const bool has_case = letter >= 'a' && letter <= 'z';
    for (std::size_t at = from + offset; at < bytes.size(); ++at) {
        if (has_case) {
            while (at < bytes.size() && small_letter(bytes[at]) != letter)
                ++at;
        } else {
            at = std::min(bytes.find(letter, at), bytes.size());
        }
        const std::size_t begin = at - offset;
        if (begin + address.size() > bytes.size()) break;
        const std::string_view there = bytes.substr(begin, address.size());
        if (std::equal(there.begin(), there.end(), address.begin(),
                       [](char one, char other) { return small_letter(one) == other; })) {
            return begin;
        }
    }
    return std::string_view::npos;
}

std::size_t find_mention(std::string_view text, std::string_view address, std::size_t from) {
    for (std::size_t at = find_letters(text, address, from); at != std::string_view::npos;
         at = find_letters(text, address, at + 1)) {
        if (begins_there(text, at) && ends_there(text, at + address.size())) return at;
    }
    return std::string_view::npos;
}

}  // namespace cellmon
