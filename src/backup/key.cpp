#include "backup/key.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sodium.h>

#include "backup/digest.hpp"

namespace cellmon::backup {
namespace {

// What a file may ask of this machine before its password is known to be right.
constexpr std::uint64_t kMostPasses = 16;
constexpr std::uint64_t kMostMemoryBytes = 1ULL << 30U;

constexpr std::array<char, crypto_kdf_CONTEXTBYTES> kContext{'c', 'e', 'l', 'l',
                                                             'm', 'o', 'n', 'b'};
constexpr std::uint64_t kForParts = 1;
constexpr std::uint64_t kForSeal = 2;
constexpr std::uint64_t kForCheck = 3;

struct Derived {
    Key key;
    std::array<std::uint8_t, 16> check{};
};

Result<Derived> derive_key(std::string_view password, const KeySettings& settings) {
    prepare_sodium();
    static_assert(crypto_kdf_KEYBYTES == Key::kBytes);
    std::array<std::uint8_t, crypto_kdf_KEYBYTES> main{};
    if (crypto_pwhash(main.data(), main.size(), password.data(), password.size(),
                      settings.salt.data(), settings.passes,
                      static_cast<std::size_t>(settings.memory_bytes),
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return fail(ErrorCode::unavailable,
                    fmt::format("no {} MiB of memory to make a key of the password",
                                settings.memory_bytes >> 20U));
    }
    Derived derived;
    const auto part = [&](std::uint64_t number, std::span<std::uint8_t> into) {
        crypto_kdf_derive_from_key(into.data(), into.size(), number, kContext.data(), main.data());
    };
    part(kForParts, derived.key.parts);
    part(kForSeal, derived.key.seal);
    part(kForCheck, derived.check);
    sodium_memzero(main.data(), main.size());
    return derived;
}

bool read_key_number(std::string_view word, std::uint64_t most, std::uint64_t& number) {
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
    return parsed.ec == std::errc{} && parsed.ptr == word.data() + word.size() && number >= 1 &&
           number <= most;
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t end = line.find(' ');
        words.push_back(line.substr(0, end));
        if (end == std::string_view::npos) return words;
        line.remove_prefix(end + 1);
    }
}

}  // namespace

Key::~Key() {
    sodium_memzero(parts.data(), parts.size());
    sodium_memzero(seal.data(), seal.size());
}

Key::Key(Key&& other) noexcept : parts(other.parts), seal(other.seal) {
    sodium_memzero(other.parts.data(), other.parts.size());
    sodium_memzero(other.seal.data(), other.seal.size());
}

Key& Key::operator=(Key&& other) noexcept {
    std::swap(parts, other.parts);
    std::swap(seal, other.seal);
    return *this;
}

std::string text_of(const KeySettings& settings) {
    if (!settings.encrypted) return "none";
    return fmt::format("argon2id {} {} {} {}", settings.passes, settings.memory_bytes,
                       hex_of(settings.salt), hex_of(settings.check));
}

Result<KeySettings> key_settings_of(std::string_view line) {
    if (line == "none") return KeySettings{};
    const auto words = words_of(line);
    if (words[0] != "argon2id") {
        return fail(
            ErrorCode::newer_format,
            fmt::format("its key is made by '{}', which this program does not know", words[0]));
    }
    KeySettings settings;
    settings.encrypted = true;
    if (words.size() != 5 || !read_key_number(words[1], kMostPasses, settings.passes) ||
        !read_key_number(words[2], kMostMemoryBytes, settings.memory_bytes) ||
        settings.memory_bytes < crypto_pwhash_MEMLIMIT_MIN ||
        !bytes_of_hex(words[3], settings.salt) || !bytes_of_hex(words[4], settings.check)) {
        return fail(ErrorCode::corrupt, "the line that says how its key is made is damaged");
    }
    return settings;
}

Result<NewKey> make_key(std::string_view password, RandomSource& random) {
    NewKey made;
    if (password.empty()) return made;
    made.settings.encrypted = true;
    random.fill(made.settings.salt);
    CELLMON_TRY_ASSIGN(auto derived, derive_key(password, made.settings));
    made.settings.check = derived.check;
    made.key = std::move(derived.key);
    return made;
}

Result<std::optional<Key>> open_key(std::string_view password, const KeySettings& settings) {
    if (!settings.encrypted) return std::optional<Key>();
    if (password.empty()) {
        return fail(ErrorCode::permission,
                    "it is encrypted, and no password was given: name its file with "
                    "--password-file, or put it into CELLMON_BACKUP_PASSWORD");
    }
    CELLMON_TRY_ASSIGN(auto derived, derive_key(password, settings));
    if (sodium_memcmp(derived.check.data(), settings.check.data(), settings.check.size()) != 0) {
        return fail(ErrorCode::permission, "the password is wrong");
    }
    return std::optional<Key>(std::move(derived.key));
}

}  // namespace cellmon::backup
