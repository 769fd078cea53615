#pragma once

#include "http/router.hpp"
#include "socketio/hub.hpp"

namespace cellmon::api {

/// GET, POST and WebSocket /socket.io (contract §4.6).
void add_socketio_routes(http::Router& router, socketio::Hub& hub);

}  // namespace cellmon::api
