#include "api/socketio_api.hpp"

#include <utility>

namespace cellmon::api {

void add_socketio_routes(http::Router& router, socketio::Hub& hub) {
    constexpr std::string_view kPath = "/socket.io";
    router.add(http::Method::get, kPath,
               [&hub](http::Request&& request, http::Responder responder) {
                   hub.get(request, std::move(responder));
               });
    router.add(http::Method::post, kPath,
               [&hub](http::Request&& request, http::Responder responder) {
                   hub.post(request, std::move(responder));
               });
    router.add_upgrade(kPath, [&hub](const http::Request& request) { return hub.accept(request); });
}

}  // namespace cellmon::api
