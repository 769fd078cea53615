#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::auth {

/// What one guess costs. The defaults and the least are those of the OWASP Password Storage Cheat
/// Sheet for Argon2id with one lane: 19 MiB and 2 passes; less memory needs more passes.
struct PasswordCost {
    std::size_t memory_bytes = 19U << 20U;
    unsigned passes = 2;

    /// Memory times passes of the cheapest choice on that sheet (7 MiB, 5 passes).
    static constexpr std::size_t kLeastProduct = 35U << 20U;
};

inline constexpr std::size_t kLeastPasswordCharacters = 8;
inline constexpr std::size_t kMostPasswordBytes = 1'024;

/// Why this is not to become a password; ErrorCode::invalid.
Result<void> check_new_password(std::string_view password);

/// `$argon2id$v=19$…` with a salt of its own. Takes tens of milliseconds and `memory_bytes`:
/// for HashPool. ErrorCode::unavailable without memory.
Result<std::string> hash_password(std::string_view password, const PasswordCost& cost);

enum class PasswordVerdict : std::uint8_t {
    wrong,
    right,
    right_but_old,  ///< Right; the hash is bcrypt's, or was made at another cost.
};

/// Argon2id, and bcrypt (`$2a$`, `$2b$`, `$2y$`) of accounts that came from elsewhere. Takes as
/// long as hash_password(). What is no hash is wrong.
[[nodiscard]] PasswordVerdict verify_password(std::string_view password, const std::string& hash,
                                              const PasswordCost& cost);

/// Whether verify_password() can read it.
[[nodiscard]] bool is_password_hash(std::string_view hash);

}  // namespace cellmon::auth
