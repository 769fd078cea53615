#include "event/normal_form_scanner.hpp"

#include "event/text.hpp"

namespace cellmon::event {
namespace {

/// The character of a one-letter escape; 0 for none.
char simple_escape(char letter) {
    switch (letter) {
        case '"':
            return '"';
        case '\\':
            return '\\';
        case '/':
            return '/';
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        default:
            return '\0';
    }
}

}  // namespace

bool NormalFormScanner::string(std::string_view& value) {
    if (!literal('"')) return false;
    const std::size_t begin = position_;
    const std::size_t end = find_special(text_, begin);
    if (end == text_.size()) return false;
    if (text_[end] != '"') return unescape(begin, value);
    value = text_.substr(begin, end - begin);
    position_ = end + 1;
    return true;
}

bool NormalFormScanner::unescape(std::size_t begin, std::string_view& value) {
    const std::size_t start = scratch_.size();
    std::size_t plain = begin;
    for (;;) {
        const std::size_t special = find_special(text_, plain);
        scratch_.append(text_.substr(plain, special - plain));
        if (special + 1 >= text_.size()) {
            if (special == text_.size() || text_[special] != '"') return false;
        }
        if (text_[special] == '"') {
            value = std::string_view(scratch_).substr(start);
            position_ = special + 1;
            return true;
        }
        if (text_[special] != '\\') return false;
        const char letter = text_[special + 1];
        if (letter == 'u') {
            // The normal form escapes only control characters this way.
            std::uint32_t code = 0;
            if (!read_hex4(text_, special + 2, code) || code >= 0x80) return false;
            scratch_.push_back(static_cast<char>(code));
            plain = special + 6;
        } else {
            const char c = simple_escape(letter);
            if (c == '\0') return false;
            scratch_.push_back(c);
            plain = special + 2;
        }
    }
}

bool NormalFormScanner::atom(std::string_view& value) {
    const std::size_t begin = position_;
    while (position_ < text_.size()) {
        const char c = text_[position_];
        if (c == ',' || c == '}' || c == ']') break;
        if (c == '"' || c == '{' || c == '[' || c == ':' || c <= ' ') return false;
        ++position_;
    }
    value = text_.substr(begin, position_ - begin);
    return !value.empty();
}

bool NormalFormScanner::object(std::string_view& value) {
    if (peek() != '{') return false;
    const std::size_t begin = position_;
    if (!skip()) return false;
    value = text_.substr(begin, position_ - begin);
    return true;
}

bool NormalFormScanner::skip() {
    std::size_t depth = 0;
    do {
        if (position_ >= text_.size()) return false;
        const char c = text_[position_];
        if (c == '"') {
            std::size_t special = find_special(text_, position_ + 1);
            while (special < text_.size() && text_[special] == '\\') {
                special = find_special(text_, special + 2);
            }
            if (special >= text_.size() || text_[special] != '"') return false;
            position_ = special + 1;
        } else {
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') {
                if (depth == 0) return false;
                --depth;
            }
            if (depth == 0 && c != '}' && c != ']') {
                std::string_view ignored;
                return atom(ignored);
            }
            ++position_;
        }
    } while (depth > 0);
    return true;
}

}  // namespace cellmon::event
