#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::backup {

/// BLAKE2b of 32 bytes.
using Digest = std::array<std::uint8_t, 32>;

/// Makes libsodium ready for use; any number of times, any thread.
void prepare_sodium();

[[nodiscard]] std::string hex_of(std::span<const std::uint8_t> bytes);

/// False when `text` is not the lower-case hexadecimal form of exactly so many bytes.
[[nodiscard]] bool bytes_of_hex(std::string_view text, std::span<std::uint8_t> into);

/// A digest of bytes that come piece by piece; with a key, one that only who has the key can make.
class Digester {
  public:
    explicit Digester(std::optional<std::span<const std::uint8_t>> key = std::nullopt);
    ~Digester();
    Digester(Digester&&) noexcept;
    Digester& operator=(Digester&&) noexcept;

    void add(std::span<const std::byte> bytes);
    void add(std::string_view text) { add(std::as_bytes(std::span(text.data(), text.size()))); }

    /// Once.
    [[nodiscard]] Digest finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cellmon::backup
