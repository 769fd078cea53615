#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cellmon {

/// The text with its capital letters (ASCII) made small.
[[nodiscard]] std::string small_letters(std::string_view text);

/// Where the address stands in the text from `from` on, capital letters (ASCII) or not; npos:
/// nowhere. Where it is a part of a longer address it is not meant: `taro@example.com` is in
/// neither `hanataro@example.com` nor `taro@example.com.au`. An escape of JSON in front (`\n`) is
/// none of its letters. `address` is in small letters.
[[nodiscard]] std::size_t find_mention(std::string_view text, std::string_view address,
                                       std::size_t from = 0);

[[nodiscard]] inline bool mentions(std::string_view text, std::string_view address) {
    return find_mention(text, address) != std::string_view::npos;
}

/// The same wherever its letters stand: in bytes where one text follows the other without a gap.
[[nodiscard]] std::size_t find_letters(std::string_view bytes, std::string_view address,
                                       std::size_t from = 0);

}  // namespace cellmon
