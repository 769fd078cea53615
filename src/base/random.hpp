#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>

#include "base/id128.hpp"

namespace cellmon {

/// Where identities and salts come from. Passed in, so that a simulation can be repeated by its
/// seed.
class RandomSource {
  public:
    virtual ~RandomSource() = default;
    virtual void fill(std::span<std::uint8_t> bytes) = 0;

    [[nodiscard]] Id128 id();
    [[nodiscard]] std::uint32_t u32();
    [[nodiscard]] std::uint64_t u64();

    /// Digits and capital letters for people to type, without 0, O, 1 and I. 5 bits each.
    [[nodiscard]] std::string typeable(std::size_t characters);
};

/// The operating system's generator (getrandom). Safe for use by any thread.
class SystemRandom final : public RandomSource {
  public:
    void fill(std::span<std::uint8_t> bytes) override;
};

/// The same bytes for the same seed on every machine (64-bit Mersenne Twister). One thread only.
class SeededRandom final : public RandomSource {
  public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<std::uint8_t> bytes) override;

  private:
    std::mt19937_64 engine_;
};

}  // namespace cellmon
