#include "sinks/relational/row_words.hpp"

#include <charconv>
#include <string>

#include "event/text.hpp"

namespace cellmon::relational {

std::uint64_t id_word(const Id128& id) {
    constexpr int kBytes = 8;
    std::uint64_t word = 0;
    for (int at = 0; at < kBytes; ++at)
        word = word << 8U | id.bytes[static_cast<std::size_t>(at)];
    return word;
}

std::uint64_t text_word(std::string_view text) {
    constexpr std::size_t kDigits = 16;
    const std::string hex = event::sha256_hex(text);
    std::uint64_t word = 0;
    std::from_chars(hex.data(), hex.data() + kDigits, word, 16);
    return word;
}

}  // namespace cellmon::relational
