#include "base/random.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <sys/random.h>

#include "base/assert.hpp"

namespace cellmon {

Id128 RandomSource::id() {
    std::array<std::uint8_t, 16> bytes{};
    fill(bytes);
    return Id128::from_random(bytes);
}

std::uint32_t RandomSource::u32() {
    return static_cast<std::uint32_t>(u64());
}

std::uint64_t RandomSource::u64() {
    std::array<std::uint8_t, 8> bytes{};
    fill(bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

std::string RandomSource::typeable(std::size_t characters) {
    // 32 of them, so that each byte of chance counts as much as the next.
    constexpr std::string_view kSigns = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    static_assert(kSigns.size() == 32);
    std::string text(characters, '\0');
    fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    for (char& sign : text)
        sign = kSigns[static_cast<std::uint8_t>(sign) % kSigns.size()];
    return text;
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
    // getrandom gives up to 256 bytes at once without ever being interrupted (getrandom(2)).
    while (!bytes.empty()) {
        const std::size_t step = std::min<std::size_t>(bytes.size(), 256);
        CELLMON_ASSERT(::getrandom(bytes.data(), step, 0) == static_cast<ssize_t>(step));
        bytes = bytes.subspan(step);
    }
}

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const std::uint64_t value = engine_();
        const std::size_t step = std::min(bytes.size(), sizeof(value));
        std::memcpy(bytes.data(), &value, step);
        bytes = bytes.subspan(step);
    }
}

}  // namespace cellmon
