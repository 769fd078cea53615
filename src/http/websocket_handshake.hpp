#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/cors.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace cellmon::http {

/// The refusal of a GET that asks for a WebSocket, unless it is a well-formed handshake (RFC 6455,
/// 4.2.1) from a page that may open one, by may_open_socket() or as one of those that `policy`
/// names. `connection_upgrade`: whether Connection names `upgrade`.
[[nodiscard]] std::optional<Response> refuse_handshake(const Request& request,
                                                       bool connection_upgrade,
                                                       const CorsPolicy& policy);

/// The 101 that answers a well-formed handshake. Neither extensions nor subprotocols are agreed on.
[[nodiscard]] Response accept_handshake(const Request& request);

/// The answer to a GET without a handshake where only WebSockets are served.
[[nodiscard]] Response upgrade_required();

/// Whether a page of that origin may open a socket: browsers ask nobody before they do (no CORS),
/// so any page of the web could talk to a server on the reader's own machine. Allowed are the host
/// that the request itself names, and pages of this machine; the port does not matter.
[[nodiscard]] bool may_open_socket(std::string_view origin, std::string_view host);

}  // namespace cellmon::http
