#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cellmon {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4): reflected polynomial 0x82F63B78, initial value and
/// final xor 0xFFFFFFFF. `seed` is the CRC of the bytes before, so that crc32c(b, crc32c(a)) is the
/// CRC of a followed by b.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed = 0);

[[nodiscard]] inline std::uint32_t crc32c(std::string_view text, std::uint32_t seed = 0) {
    return crc32c(std::as_bytes(std::span(text.data(), text.size())), seed);
}

}  // namespace cellmon
