#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/assert.hpp"
#include "base/id128.hpp"

namespace cellmon::harness {

/// One step of SplitMix64 (Steele, Lea, Flood 2014): spreads a counter or seed over 64 bits.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31U);
}

/// Random numbers of one student: xoshiro256** (Blackman, Vigna 2018) with integer distributions of
/// our own, because the distributions of the standard library differ between libraries and a class
/// must be the same everywhere.
class Dice {
  public:
    explicit constexpr Dice(std::uint64_t seed) {
        for (auto& word : state_) {
            seed = mix64(seed);
            word = seed;
        }
    }

    [[nodiscard]] constexpr std::uint64_t u64() {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// 0 … bound − 1. The bias of the remainder is below bound / 2^64.
    [[nodiscard]] constexpr std::uint64_t below(std::uint64_t bound) {
        CELLMON_ASSERT(bound > 0);
        return u64() % bound;
    }

    /// low … high, both included.
    [[nodiscard]] constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
        CELLMON_ASSERT(low <= high);
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
    }

    [[nodiscard]] constexpr bool chance_per_mille(std::uint64_t per_mille) {
        return below(1000) < per_mille;
    }

    template <typename T>
    [[nodiscard]] constexpr const T& pick(std::span<const T> choices) {
        return choices[below(choices.size())];
    }

    /// A version 4 UUID.
    [[nodiscard]] Id128 id() {
        std::array<std::uint8_t, 16> bytes{};
        for (std::size_t half = 0; half < 2; ++half) {
            const std::uint64_t word = u64();
            for (std::size_t i = 0; i < 8; ++i) {
                bytes[half * 8 + i] = static_cast<std::uint8_t>(word >> (8 * i));
            }
        }
        return Id128::from_random(bytes);
    }

  private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace cellmon::harness
