#pragma once

#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/result.hpp"

namespace cellmon::harness {

/// Where a server listens, from a URL `http://host[:port][/prefix]`.
struct Endpoint {
    std::string authority;  ///< `host:port`, for the Host header.
    std::string prefix;     ///< Path before `/api/v1…`, without a slash at its end; mostly empty.
    sockaddr_storage address{};
    socklen_t address_bytes = 0;

    /// Resolves the host. ErrorCode::invalid when the URL is not such a URL, unavailable when the
    /// name does not resolve.
    static Result<Endpoint> parse(std::string_view url);
};

}  // namespace cellmon::harness
