#include "auth/class_key.hpp"

#include <array>
#include <cstdint>

namespace cellmon::auth {
namespace {

/// Without 0, 1, l and o: 32 of them, so that each byte of chance counts as much as the next.
constexpr std::string_view kLetters = "23456789abcdefghijkmnpqrstuvwxyz";
static_assert(kLetters.size() == 32);

constexpr std::size_t kEndingBytes = 4;

}  // namespace

std::string make_class_key(RandomSource& random) {
    std::array<std::uint8_t, kClassKeyBytes - kClassKeyPrefix.size()> bytes{};
    random.fill(bytes);
    std::string key(kClassKeyPrefix);
    for (const std::uint8_t byte : bytes)
        key += kLetters[byte % kLetters.size()];
    return key;
}

std::string_view ending_of_class_key(std::string_view key) {
    return key.substr(key.size() - kEndingBytes);
}

}  // namespace cellmon::auth
