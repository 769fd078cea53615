#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::redis {

/// Where a Redis is and who we are to it.
struct Address {
    std::string host;
    std::uint16_t port = 6379;
    unsigned database = 0;
    std::string user;      ///< Empty: the one that Redis calls `default`.
    std::string password;  ///< Empty: none. For no message and no log.
};

/// Reads `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`; user and password are percent-encoded,
/// an IPv6 address stands in brackets. ErrorCode::invalid says what is wrong and repeats nothing of
/// the URL.
[[nodiscard]] Result<Address> parse_url(std::string_view url);

/// `HOST:PORT`, for messages.
[[nodiscard]] std::string name_of(const Address& address);

}  // namespace cellmon::redis
