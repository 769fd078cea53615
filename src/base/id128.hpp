#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cellmon {

/// A 128-bit identity: an event's or a journal's. Sixteen bytes in the order of their UUID text.
struct Id128 {
    std::array<std::uint8_t, 16> bytes{};

    auto operator<=>(const Id128&) const = default;

    /// The UUID text, lower case: 8-4-4-4-12 hexadecimal digits.
    [[nodiscard]] std::string to_string() const;

    /// Parses the 8-4-4-4-12 form in either case; nothing else.
    [[nodiscard]] static std::optional<Id128> parse(std::string_view text);

    /// The identity of a client's id text: a UUID by its value, so that case does not matter; any
    /// other text by XXH3-128 of its UTF-8 bytes with seed `kTextIdSeed`, big-endian.
    [[nodiscard]] static Id128 from_text(std::string_view text);

    /// A version 4 UUID out of 16 random bytes.
    [[nodiscard]] static Id128 from_random(std::span<const std::uint8_t, 16> random);
};

/// Keeps hashed text ids apart from other uses of the same hash.
inline constexpr std::uint64_t kTextIdSeed = 0x63656c6c6d6f6e31;  // "cellmon1"

}  // namespace cellmon

template <>
struct std::hash<cellmon::Id128> {
    std::size_t operator()(const cellmon::Id128& id) const noexcept;
};
