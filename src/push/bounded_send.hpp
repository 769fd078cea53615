#pragma once

#include <cstddef>

#include "http/websocket.hpp"

namespace cellmon::push {

/// Sends to a client on which at most `queue_bytes` wait, and closes (kTooSlow) one that takes what
/// it is sent too slowly. Looks at what waited before: a frame larger than the limit may still go
/// to who keeps up.
void send_bounded(http::WebSocket& socket, const http::SharedFrame& frame, std::size_t queue_bytes);

}  // namespace cellmon::push
