#include "base/id128.hpp"

#include <cstring>

#include <xxhash.h>

#include "base/hex.hpp"

namespace cellmon {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::size_t kUuidTextBytes = 36;

constexpr bool is_dash_position(std::size_t position) {
    return position == 8 || position == 13 || position == 18 || position == 23;
}

}  // namespace

std::string Id128::to_string() const {
    std::string text;
    text.reserve(kUuidTextBytes);
    for (const std::uint8_t byte : bytes) {
        if (is_dash_position(text.size())) text.push_back('-');
        text.push_back(kHexDigits[byte >> 4]);
        text.push_back(kHexDigits[byte & 15]);
    }
    return text;
}

std::optional<Id128> Id128::parse(std::string_view text) {
    if (text.size() != kUuidTextBytes) return std::nullopt;
    Id128 id;
    std::size_t position = 0;
    for (std::uint8_t& byte : id.bytes) {
        if (is_dash_position(position)) {
            if (text[position] != '-') return std::nullopt;
            ++position;
        }
        const int high = hex_digit_value(text[position]);
        const int low = hex_digit_value(text[position + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        byte = static_cast<std::uint8_t>(high * 16 + low);
        position += 2;
    }
    return id;
}

Id128 Id128::from_text(std::string_view text) {
    if (const auto uuid = parse(text)) return *uuid;
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical,
                             XXH3_128bits_withSeed(text.data(), text.size(), kTextIdSeed));
    Id128 id;
    std::memcpy(id.bytes.data(), canonical.digest, id.bytes.size());
    return id;
}

Id128 Id128::from_random(std::span<const std::uint8_t, 16> random) {
    Id128 id;
    std::memcpy(id.bytes.data(), random.data(), id.bytes.size());
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

}  // namespace cellmon

std::size_t std::hash<cellmon::Id128>::operator()(const cellmon::Id128& id) const noexcept {
    return XXH3_64bits(id.bytes.data(), id.bytes.size());
}
