#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace cellmon::auth {

/// Characters of a class key: `ck_` and 26 more, each of 5 random bits.
inline constexpr std::size_t kClassKeyBytes = 29;
inline constexpr std::string_view kClassKeyPrefix = "ck_";

/// A new class key: a secret of 130 bits that can be typed, pasted and put into a URL as it is. Of
/// characters that are easily taken for each other it has at most one.
[[nodiscard]] std::string make_class_key(RandomSource& random);

/// Whether a text has the length and the beginning of a key; others need no look.
[[nodiscard]] constexpr bool may_be_class_key(std::string_view text) {
    return text.size() == kClassKeyBytes && text.starts_with(kClassKeyPrefix);
}

/// Its last characters, by which a person knows it again; the rest is as good as unknown to whoever
/// has them.
[[nodiscard]] std::string_view ending_of_class_key(std::string_view key);

}  // namespace cellmon::auth
