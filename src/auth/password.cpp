#include "auth/password.hpp"

#include <array>
#include <memory>

#include <crypt.h>
#include <sodium.h>

#include "base/assert.hpp"

namespace cellmon::auth {
namespace {

constexpr std::string_view kArgon2Prefix = "$argon2id$";
constexpr std::size_t kBcryptCharacters = 60;

void prepare_sodium() {
    CELLMON_ASSERT(sodium_init() >= 0);  // It does nothing the second time; any thread.
}

bool is_bcrypt(std::string_view hash) {
    return hash.size() == kBcryptCharacters && hash.starts_with("$2") && hash[3] == '$' &&
           (hash[2] == 'a' || hash[2] == 'b' || hash[2] == 'y');
}

bool verify_bcrypt(std::string_view password, const std::string& hash) {
    // crypt(3) would stop at a NUL, and what is behind it would not matter.
    if (password.find('\0') != std::string_view::npos) return false;
    auto data = std::make_unique<crypt_data>();
    const std::string phrase(password);
    const char* made = crypt_r(phrase.c_str(), hash.c_str(), data.get());
    const bool right = made != nullptr && std::string_view(made).size() == hash.size() &&
                       sodium_memcmp(made, hash.data(), hash.size()) == 0;
    sodium_memzero(data.get(), sizeof(crypt_data));
    return right;
}

std::size_t characters(std::string_view utf8) {
    std::size_t count = 0;
    for (const char c : utf8)
        count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    return count;
}

}  // namespace

Result<void> check_new_password(std::string_view password) {
    if (characters(password) < kLeastPasswordCharacters) {
        return fail(
            ErrorCode::invalid,
            "a password has at least " + std::to_string(kLeastPasswordCharacters) + " characters");
    }
    if (password.size() > kMostPasswordBytes) {
        return fail(ErrorCode::invalid,
                    "a password has at most " + std::to_string(kMostPasswordBytes) + " bytes");
    }
    return {};
}

Result<std::string> hash_password(std::string_view password, const PasswordCost& cost) {
    prepare_sodium();
    std::array<char, crypto_pwhash_STRBYTES> hash{};
    if (crypto_pwhash_argon2id_str(hash.data(), password.data(), password.size(), cost.passes,
                                   cost.memory_bytes) != 0) {
        return fail(ErrorCode::unavailable, "no memory to hash a password");
    }
    return std::string(hash.data());
}

PasswordVerdict verify_password(std::string_view password, const std::string& hash,
                                const PasswordCost& cost) {
    prepare_sodium();
    if (password.size() > kMostPasswordBytes) return PasswordVerdict::wrong;
    if (is_bcrypt(hash)) {
        return verify_bcrypt(password, hash) ? PasswordVerdict::right_but_old
                                             : PasswordVerdict::wrong;
    }
    // libsodium reads a whole array of this size.
    if (!is_password_hash(hash)) return PasswordVerdict::wrong;
    std::array<char, crypto_pwhash_STRBYTES> stored{};
    hash.copy(stored.data(), stored.size() - 1);
    if (crypto_pwhash_argon2id_str_verify(stored.data(), password.data(), password.size()) != 0) {
        return PasswordVerdict::wrong;
    }
    const bool old =
        crypto_pwhash_argon2id_str_needs_rehash(stored.data(), cost.passes, cost.memory_bytes) != 0;
    return old ? PasswordVerdict::right_but_old : PasswordVerdict::right;
}

bool is_password_hash(std::string_view hash) {
    return is_bcrypt(hash) ||
           (hash.starts_with(kArgon2Prefix) && hash.size() < crypto_pwhash_STRBYTES);
}

}  // namespace cellmon::auth
