#include "base/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace cellmon {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value >> 1) ^ ((value & 1U) != 0 ? kPolynomial : 0U);
        }
        table[i] = value;
    }
    return table;
}

constexpr auto kTable = make_table();

std::uint32_t update_portable(std::uint32_t state, std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {
        state = kTable[(state ^ static_cast<std::uint32_t>(byte)) & 0xffU] ^ (state >> 8);
    }
    return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t update_sse42(std::uint32_t state,
                                                             std::span<const std::byte> bytes) {
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t wide = state;
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof(word));
        wide = _mm_crc32_u64(wide, word);
    }
    auto narrow = static_cast<std::uint32_t>(wide);
    for (; left > 0; ++at, --left) {
        narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
    }
    return narrow;
}

const bool kHasSse42 = __builtin_cpu_supports("sse4.2") != 0;
#endif

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed) {
    const std::uint32_t state = seed ^ 0xffffffffU;
#if defined(__x86_64__)
    if (kHasSse42) return update_sse42(state, bytes) ^ 0xffffffffU;
#endif
    return update_portable(state, bytes) ^ 0xffffffffU;
}

}  // namespace cellmon
