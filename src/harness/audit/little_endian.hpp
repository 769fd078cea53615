#pragma once

#include <cstdint>
#include <string_view>

namespace cellmon::harness {

/// The unsigned little-endian number of `size` bytes at `offset`; the caller has checked the
/// bounds.
[[nodiscard]] inline std::uint64_t number_at(std::string_view bytes, std::uint64_t offset,
                                             unsigned size) {
    std::uint64_t value = 0;
    for (unsigned i = size; i > 0; --i)
        value = value << 8U | static_cast<unsigned char>(bytes[offset + i - 1]);
    return value;
}
[[nodiscard]] inline std::uint16_t u16_at(std::string_view bytes, std::uint64_t offset) {
    return static_cast<std::uint16_t>(number_at(bytes, offset, 2));
}
[[nodiscard]] inline std::uint32_t u32_at(std::string_view bytes, std::uint64_t offset) {
    return static_cast<std::uint32_t>(number_at(bytes, offset, 4));
}
[[nodiscard]] inline std::uint64_t u64_at(std::string_view bytes, std::uint64_t offset) {
    return number_at(bytes, offset, 8);
}

}  // namespace cellmon::harness
