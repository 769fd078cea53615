#include "erasure/addresses.hpp"

namespace cellmon::erasure {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_before(char c) {
    return is_word(c) || std::string_view("._%+-").find(c) != std::string_view::npos;
}

/// What check_address() lets stand in one.
bool may_stand(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f && c != ',' && c != ';' && c != '"' && c != '@';
}

std::size_t begin_of(std::string_view text, std::size_t mark, bool (*belongs)(char)) {
    std::size_t begin = mark;
    while (begin > 0 && mark - begin < kMostAddressBytes && belongs(text[begin - 1]))
        --begin;
    return begin;
}

/// A point ends an address unless a letter or a digit follows.
std::size_t end_of_plain(std::string_view text, std::size_t mark) {
    std::size_t end = mark + 1;
    for (; end < text.size() && end - mark < kMostAddressBytes; ++end) {
        const char c = text[end];
        const bool goes_on = c == '.' && end + 1 < text.size() && is_word(text[end + 1]);
        if (!is_word(c) && c != '-' && c != '_' && !goes_on) break;
    }
    return end;
}

std::size_t end_of_any(std::string_view text, std::size_t mark) {
    std::size_t end = mark + 1;
    while (end < text.size() && end - mark < kMostAddressBytes && may_stand(text[end]))
        ++end;
    return end;
}

}  // namespace

void each_address(std::string_view text, const std::function<void(std::string_view)>& show) {
    for (std::size_t mark = text.find('@'); mark != std::string_view::npos;
         mark = text.find('@', mark + 1)) {
        const std::size_t begin = begin_of(text, mark, is_before);
        const std::size_t end = end_of_plain(text, mark);
        show(text.substr(begin, end - begin));
        // The letter of an escape of JSON (`\n`) is none of the address.
        if (begin > 0 && begin < mark && text[begin - 1] == '\\') {
            show(text.substr(begin + 1, end - begin - 1));
        }
        // With letters of other alphabets and signs that few addresses have.
        const std::size_t wide = begin_of(text, mark, may_stand);
        const std::size_t wide_end = end_of_any(text, mark);
        if (wide != begin || wide_end != end) show(text.substr(wide, wide_end - wide));
    }
}

}  // namespace cellmon::erasure
