// From a well-formed handshake to the WebSocketConnection that takes this connection's place.
#include <fmt/core.h>

#include "base/assert.hpp"
#include "http/connection.hpp"
#include "http/websocket_connection.hpp"
#include "http/websocket_handshake.hpp"

namespace cellmon::http {

void Connection::ask_guard(std::unique_ptr<Exchange> exchange) {
    // What the guard gets is its own: the handshake itself waits here for the answer.
    Request asked = exchange->request;
    const Handler& guard = exchange->upgrade->guard;
    handshake_ = std::move(exchange);
    try {
        guard(std::move(asked), Responder(shared_from_this()));
    } catch (const std::exception& error) {
        // The Responder, wherever it was, has answered 500 by now.
        state_->handler_failed.say(fmt::format("A guard threw: {}", error.what()));
    }
}

void Connection::upgrade(std::unique_ptr<Exchange> exchange) {
    UpgradeDecision decision = error_response(500, "Internal Server Error");
    try {
        if (state_->stopping) {
            decision = unavailable_response("The server stops");
        } else if (!state_->has_place_for_websocket()) {
            worker_.probe.connections_refused.add(1);
            decision = unavailable_response(fmt::format(
                "The server has as many WebSockets as http.max_connections = {} allows; try again",
                state_->limits.max_connections));
        } else if (place_ = state_->websocket_places.take(remote_address_); place_ == nullptr) {
            worker_.probe.connections_refused.add(1);
            decision = unavailable_response(fmt::format(
                "This address has as many WebSockets as http.address_websockets = {} allows; try "
                "again",
                state_->limits.address_websockets));
        } else {
            decision = exchange->upgrade->handler(exchange->request);
        }
    } catch (const std::exception& error) {
        state_->handler_failed.say(fmt::format("A handler threw: {}", error.what()));
    } catch (...) {
        state_->handler_failed.say("A handler threw something that is no exception");
    }
    Response* refusal = std::get_if<Response>(&decision);
    Response answer =
        refusal != nullptr ? std::move(*refusal) : accept_handshake(exchange->request);
    worker_.give_back(std::move(exchange));
    if (refusal != nullptr) {
        place_.reset();
    } else {
        session_ = std::move(std::get<0>(decision));
        CELLMON_ASSERT(session_ != nullptr);
        keep_alive_ = true;  // Whatever Connection said besides.
    }
    write(std::move(answer));
}

void Connection::become_websocket() {
    phase_ = Phase::closed;  // Socket and place are another's from here on.
    auto successor = std::make_shared<WebSocketConnection>(state_, worker_, std::move(socket_),
                                                           std::move(session_), std::move(place_));
    worker_.replace(*this, successor);
    successor->start(pending_);
}

}  // namespace cellmon::http
