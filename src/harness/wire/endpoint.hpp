#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/result.hpp"

namespace cellmon::harness {

/// Where a server listens, from a URL `http://host[:port][/prefix]`.
struct Endpoint {
    std::string authority;    ///< `host:port`, for the Host header.
    std::string credentials;  ///< A header field of every request, with its line end, or empty.
    std::string prefix;       ///< Path before `/api/v1…`, without a slash at its end; mostly empty.
    sockaddr_storage address{};
    socklen_t address_bytes = 0;

    /// Resolves the host. ErrorCode::invalid when the URL is not such a URL, unavailable when the
    /// name does not resolve.
    static Result<Endpoint> parse(std::string_view url);

    /// Sends a class key or a token of an account with every request; an empty one changes nothing.
    /// ErrorCode::invalid, without the secret, for what no header field can hold.
    Result<void> authorize(std::string_view secret);

    /// The port of a server on this machine; nullopt of one elsewhere.
    [[nodiscard]] std::optional<std::uint16_t> loopback_port() const;
};

}  // namespace cellmon::harness
