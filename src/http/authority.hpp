#pragma once

#include <string>
#include <string_view>

namespace cellmon::http {

/// The host of `host:port`, as the Host field and origins have it: without the port, in small
/// letters; an IPv6 address keeps its brackets. Empty for what is none.
[[nodiscard]] std::string host_of(std::string_view authority);

/// The host of an origin, `scheme://host:port`; empty for `null` (a file, a sandboxed frame).
[[nodiscard]] std::string host_of_origin(std::string_view origin);

/// Whether a host, as host_of() gives it, is this machine by its name alone: `localhost`,
/// 127.0.0.0/8 or ::1. Other names may lead anywhere, at any moment.
[[nodiscard]] bool is_this_machine(std::string_view host);

/// Whether a host, as host_of() gives it, is an IP address: no name, which could lead elsewhere.
[[nodiscard]] bool is_ip_address(std::string_view host);

}  // namespace cellmon::http
