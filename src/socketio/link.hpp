#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "http/responder.hpp"
#include "http/websocket.hpp"
#include "socketio/hub.hpp"
#include "socketio/session.hpp"

namespace cellmon::socketio {

/// A WebSocket of a session. Internal.
struct Hub::Link {
    http::WebSocket* socket = nullptr;  ///< For its thread alone; null behind its end.
    unsigned thread = 0;
    bool sending = false;  ///< A task that sends what waits is on its way. Guarded by the hub.
};

/// A session and how its client is reached. Guarded by the hub. Internal.
struct Hub::Entry {
    Entry(std::string name, const Limits& limits, std::int64_t now_us, std::string from,
          http::AddressPlaces::PlacePtr taken)
        : id(std::move(name)),
          address(std::move(from)),
          place(std::move(taken)),
          session(limits, now_us) {}

    const std::string id;
    const std::string address;
    const http::AddressPlaces::PlacePtr place;
    Session session;
    std::shared_ptr<Link> socket;         ///< Null: it polls.
    std::optional<http::Responder> poll;  ///< Waits for something to say.
    std::shared_ptr<Link> probe;          ///< Is to take the place of polling,
    bool probed = false;                  ///< and has asked whether it works.
    std::int64_t probe_until_us = 0;
    bool leaving = false;  ///< The next poll takes what waits, and then it is over.
};

/// How a session ends.
struct Hub::Closing {
    std::uint16_t code = http::kNormalClosure;
    std::string reason;
    bool drop_unsent = false;
    bool at_once =
        false;  ///< On the socket's thread: before what it has read already is looked at.
};

/// The transport's side.
class Hub::Socket final : public http::WebSocketSession {
  public:
    /// `session`: whose polling it is to take the place of; empty: it opens one.
    Socket(Hub& hub, std::string session, std::string address)
        : hub_(hub), session_(std::move(session)), address_(std::move(address)) {}

    void opened(http::WebSocket& socket) override {
        link_->socket = &socket;
        link_->thread = socket.thread();
        hub_.opened(link_, session_, std::move(address_));
    }
    void received(std::string_view text) override { hub_.received(link_, session_, text); }
    void closed() override {
        hub_.closed(link_, session_);
        link_->socket = nullptr;
    }

  private:
    Hub& hub_;
    const std::shared_ptr<Link> link_ = std::make_shared<Link>();
    std::string session_;
    std::string address_;
};

}  // namespace cellmon::socketio
