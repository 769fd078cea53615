#pragma once

#include <string_view>

namespace cellmon::server {

/// Whether the host of a listen address is reachable from this machine alone: `localhost`,
/// 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(std::string_view host);

}  // namespace cellmon::server
