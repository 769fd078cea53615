#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "http/server.hpp"

namespace cellmon::server {

/// `http://127.0.0.1:8000`
[[nodiscard]] std::string url_of(const std::string& host, std::uint16_t port);

/// Listens, and says what to do when somebody else does already; the port.
Result<std::uint16_t> listen_on(http::Server& server, const config::ListenAddress& address);

}  // namespace cellmon::server
