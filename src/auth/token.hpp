#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace cellmon::auth {

/// What an access token says (contract §1.5, and `jti`).
struct Claims {
    std::string subject;         ///< `sub`: the account's email address.
    std::string id;              ///< `jti`: by which it can be taken back.
    std::int64_t expires_s = 0;  ///< `exp`: seconds since 1970.

    bool operator==(const Claims&) const = default;
};

/// A JWT (RFC 7519) signed with HMAC-SHA-256: `header.claims.signature`, each in base64url.
[[nodiscard]] std::string sign_token(const Claims& claims, std::string_view secret);

/// The claims of a token that this program signed with this secret and that has not expired; else
/// nullopt. The one header it takes is the one it writes, so no token can choose another algorithm
/// or none. The signature is compared in constant time, before anything of the token is read.
[[nodiscard]] std::optional<Claims> read_token(std::string_view token, std::string_view secret,
                                               TimeUs now);

/// 256 random bits as text: for ids and for refresh tokens.
[[nodiscard]] std::string random_text(RandomSource& random);

/// SHA-256 in hexadecimal: what is stored of a token that is itself random.
[[nodiscard]] std::string hash_of_token(std::string_view token);

/// RFC 4648, §5, without padding.
[[nodiscard]] std::string base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace cellmon::auth
