#include "harness/wire/endpoint.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

namespace cellmon::harness {

Result<Endpoint> Endpoint::parse(std::string_view url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) {
        return fail(
            ErrorCode::invalid,
            fmt::format("the server must be a URL like http://127.0.0.1:8000, not {}", url));
    }
    std::string_view rest = url.substr(kScheme.size());
    Endpoint endpoint;
    const auto slash = rest.find('/');
    if (slash != std::string_view::npos) {
        endpoint.prefix = rest.substr(slash);
        rest = rest.substr(0, slash);
    }
    while (endpoint.prefix.ends_with('/'))
        endpoint.prefix.pop_back();
    const auto colon = rest.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
    std::string host(has_port ? rest.substr(0, colon) : rest);
    const std::string port(has_port ? rest.substr(colon + 1) : "80");
    endpoint.authority = rest;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty() || port.empty())
        return fail(ErrorCode::invalid, fmt::format("{} names no host", url));

    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
        return fail(ErrorCode::unavailable,
                    fmt::format("cannot resolve {}: {}", url, gai_strerror(error)));
    }
    std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
    endpoint.address_bytes = found->ai_addrlen;
    freeaddrinfo(found);
    return endpoint;
}

Result<void> Endpoint::authorize(std::string_view secret) {
    if (secret.empty()) return {};
    const bool printable =
        std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!printable) {
        return fail(ErrorCode::invalid,
                    "the key or token has a space or another character that none has");
    }
    credentials = fmt::format("Authorization: Bearer {}\r\n", secret);
    return {};
}

std::optional<std::uint16_t> Endpoint::loopback_port() const {
    if (address.ss_family == AF_INET) {
        const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
        constexpr std::uint32_t kLoopback = 127;
        if (ntohl(ipv4.sin_addr.s_addr) >> 24U != kLoopback) return std::nullopt;
        return ntohs(ipv4.sin_port);
    }
    if (address.ss_family == AF_INET6) {
        const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
        if (!IN6_IS_ADDR_LOOPBACK(&ipv6.sin6_addr)) return std::nullopt;
        return ntohs(ipv6.sin6_port);
    }
    return std::nullopt;
}

}  // namespace cellmon::harness
