#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"

namespace cellmon::backup {

/// What a password becomes: one key for the parts, one for the manifest's seal. Gone from memory
/// with the object.
class Key {
  public:
    static constexpr std::size_t kBytes = 32;

    Key() = default;
    ~Key();
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    Key(Key&& other) noexcept;
    Key& operator=(Key&& other) noexcept;

    std::array<std::uint8_t, kBytes> parts{};
    std::array<std::uint8_t, kBytes> seal{};
};

/// How the key is made of the password. Not secret; as a line of text it stands beside what it
/// encrypts: `none`, or `argon2id <passes> <memory in bytes> <salt> <check>`.
struct KeySettings {
    bool encrypted = false;
    std::uint64_t passes = 3;
    std::uint64_t memory_bytes = 64U << 20U;
    std::array<std::uint8_t, 16> salt{};
    std::array<std::uint8_t, 16> check{};  ///< Tells a wrong password from damage.

    bool operator==(const KeySettings&) const = default;
};

[[nodiscard]] std::string text_of(const KeySettings& settings);

/// ErrorCode::corrupt for what is no such line, or asks for more memory or time than any of ours.
Result<KeySettings> key_settings_of(std::string_view line);

/// Settings with a salt of their own, and the key. An empty password: none of both.
struct NewKey {
    KeySettings settings;
    std::optional<Key> key;
};
Result<NewKey> make_key(std::string_view password, RandomSource& random);

/// The key for what was encrypted with these settings; nullopt when it was not encrypted. Takes
/// some tenths of a second and 64 MiB. ErrorCode::permission for a missing or a wrong password.
Result<std::optional<Key>> open_key(std::string_view password, const KeySettings& settings);

}  // namespace cellmon::backup
