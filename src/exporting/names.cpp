#include "exporting/names.hpp"

#include <algorithm>

#include "event/text.hpp"
#include "exporting/pseudonyms.hpp"

namespace cellmon::exporting {
namespace {

constexpr std::string_view kSomebody = "[name]";
constexpr std::string_view kAddress = "[address]";
constexpr std::size_t kLeastAscii = 4;  ///< Letters of a word of ASCII.
constexpr std::size_t kLeastOther = 6;  ///< Bytes of one in another script: two characters.
constexpr std::size_t kStartBytes = 3;  ///< Of every word.

bool is_ascii_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_address_part(char c) {
    return is_ascii_word(c) || c == '.' || c == '-' || c == '+' || c == '%';
}
char small_letter(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::uint32_t start_of(std::string_view text) {
    std::uint32_t start = 0;
    for (std::size_t i = 0; i < kStartBytes; ++i)
        start = start << 8U | static_cast<unsigned char>(small_letter(text[i]));
    return start;
}

bool is_long_enough(std::string_view word) {
    const bool has_other =
        std::ranges::any_of(word, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    const bool has_letter = has_other || std::ranges::any_of(word, [](char c) {
                                return is_ascii_word(c) && (c < '0' || c > '9') && c != '_';
                            });
    return has_letter && word.size() >= (has_other ? kLeastOther : kLeastAscii);
}

/// Addresses that are left.
std::string without_addresses(std::string_view text) {
    std::string out;
    std::size_t copied = 0;
    for (std::size_t at = text.find('@'); at != std::string_view::npos;
         at = text.find('@', at + 1)) {
        std::size_t begin = at;
        while (begin > copied && is_address_part(text[begin - 1]))
            --begin;
        std::size_t end = at + 1;
        while (end < text.size() && is_address_part(text[end]))
            ++end;
        while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == '-'))
            --end;
        const std::string_view domain = text.substr(at + 1, end - at - 1);
        if (begin == at || domain.find('.') == std::string_view::npos) continue;
        out.append(text.substr(copied, begin - copied)).append(kAddress);
        copied = end;
        at = end - 1;
    }
    return out.append(text.substr(copied));
}

}  // namespace

void NameReplacer::add_address(std::string_view email, const std::string& with) {
    const std::string key = person_key(email);
    add(key, with);
    const std::size_t at = key.find('@');
    if (at != std::string::npos) add(std::string_view(key).substr(0, at), with);
}

void NameReplacer::add_name(std::string_view name, const std::string& with) {
    constexpr std::string_view kWideSpace = "　";
    std::string plain(event::trim(name));
    add(plain, with);
    for (std::size_t at = plain.find(kWideSpace); at != std::string::npos;
         at = plain.find(kWideSpace))
        plain.replace(at, kWideSpace.size(), " ");
    std::size_t begin = 0;
    while (begin < plain.size()) {
        const std::size_t end = std::min(plain.find(' ', begin), plain.size());
        add(std::string_view(plain).substr(begin, end - begin), with);
        begin = end + 1;
    }
}

void NameReplacer::add_word(std::string_view word, const std::string& with) {
    add(event::trim(word), with);
}

void NameReplacer::add(std::string_view word, const std::string& with) {
    if (!is_long_enough(word)) return;
    std::string key(word);
    std::ranges::transform(key, key.begin(), small_letter);
    const auto [place, is_new] = words_.emplace(std::move(key), with);
    if (!is_new && place->second != with) place->second = kSomebody;
}

void NameReplacer::finish() {
    by_start_.clear();
    for (const auto& [text, with] : words_)
        by_start_[start_of(text)].push_back({text, with});
    for (auto& [start, words] : by_start_) {
        std::ranges::sort(
            words, [](const Word& a, const Word& b) { return a.text.size() > b.text.size(); });
    }
}

const NameReplacer::Word* NameReplacer::word_at(std::string_view text, std::size_t at) const {
    const auto found = by_start_.find(start_of(text.substr(at)));
    if (found == by_start_.end()) return nullptr;
    for (const Word& word : found->second) {
        const std::size_t end = at + word.text.size();
        if (end > text.size()) continue;
        const bool is_equal = std::equal(word.text.begin(), word.text.end(),
                                         text.begin() + static_cast<std::ptrdiff_t>(at),
                                         [](char a, char b) { return a == small_letter(b); });
        if (!is_equal) continue;
        const bool begins = !is_ascii_word(text[at]) || at == 0 || !is_ascii_word(text[at - 1]);
        const bool ends =
            !is_ascii_word(text[end - 1]) || end == text.size() || !is_ascii_word(text[end]);
        if (begins && ends) return &word;
    }
    return nullptr;
}

std::string NameReplacer::replace(std::string_view text) const {
    std::string out;
    out.reserve(text.size());
    std::size_t copied = 0;
    for (std::size_t at = 0; at + kStartBytes <= text.size();) {
        const Word* word = word_at(text, at);
        if (word == nullptr) {
            ++at;
            continue;
        }
        out.append(text.substr(copied, at - copied)).append(word->with);
        at += word->text.size();
        copied = at;
    }
    out.append(text.substr(copied));
    return without_addresses(out);
}

}  // namespace cellmon::exporting
