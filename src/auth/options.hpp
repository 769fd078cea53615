#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "auth/login_limits.hpp"
#include "auth/password.hpp"

namespace cellmon::auth {

enum class Mode : std::uint8_t {
    open,      ///< Whoever sits at this machine may see the class. Loopback only.
    required,  ///< Nothing of the class without a token.
};

/// Named limits and settings; each has a line in docs/reference/configuration.md.
struct AuthOptions {
    Mode mode = Mode::open;
    std::string secret;   ///< For no message; empty: DATA/auth.secret.
    std::string hosts;    ///< Names of the Host field besides this machine's, by commas.
    std::string origins;  ///< Pages besides this machine's that may use the API, by commas.
    std::chrono::milliseconds access_token{30 * 60'000};
    std::chrono::milliseconds refresh_token{14LL * 24 * 3'600'000};
    PasswordCost password;
    unsigned hash_threads = 1;
    std::size_t hash_queue = 16;
    Rate account_failures{5, std::chrono::milliseconds{5 * 60'000}};
    Rate address_logins{30, std::chrono::milliseconds{60'000}};
    std::chrono::milliseconds audit_keep{400LL * 24 * 3'600'000};
};

}  // namespace cellmon::auth
