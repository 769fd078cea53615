#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "http/request.hpp"
#include "http/response.hpp"

namespace cellmon::http {

/// Whole frames as they travel (`append_frame`), shared by all connections that get them.
using SharedFrame = std::shared_ptr<const std::string>;

/// Close codes of RFC 6455, 7.4.1; 4000 to 4999 belong to the routes.
enum CloseCode : std::uint16_t {
    kNormalClosure = 1000,
    kGoingAway = 1001,
    kProtocolError = 1002,
    kUnsupportedData = 1003,
    kInvalidText = 1007,
    kMessageTooBig = 1009,
    kInternalError = 1011,
};

/// The sending side of one WebSocket connection (RFC 6455). To be used on its I/O thread only. None
/// of these calls the session back.
class WebSocket {
  public:
    virtual ~WebSocket() = default;

    /// Queues a frame. What is queued while one handler runs is written together when it ends; at
    /// most one write is outstanding. Nothing is sent after close() or when the connection is lost,
    /// and nothing is written inside this call, so no call of a session comes out of it.
    /// The queue has no limit of its own: the route looks at queued_bytes() and queued_messages().
    virtual void send(SharedFrame frame) = 0;

    /// Queued and not yet taken by the system; a frame sent in part counts whole. The transport's
    /// own pings and pongs, two at most, count too.
    [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
    [[nodiscard]] virtual std::size_t queued_messages() const = 0;

    /// Forgets every queued frame of send() of which no byte has left. Does nothing after close().
    virtual void drop_unsent() = 0;

    /// Begins the closing handshake behind what is queued; a client that does not answer it in time
    /// is cut off. Further calls do nothing. `reason` is UTF-8 of at most 123 bytes.
    virtual void close(std::uint16_t code, std::string_view reason) = 0;

    /// Index of the I/O thread.
    [[nodiscard]] virtual unsigned thread() const = 0;
};

/// What a route does with one WebSocket connection. All calls come on the connection's I/O thread
/// and must not block; an exception that leaves one closes the connection with kInternalError. When
/// the answer to the handshake could not be sent, the session is destroyed without a call.
class WebSocketSession {
  public:
    virtual ~WebSocketSession() = default;

    /// The handshake is answered. `socket` stays valid through closed().
    virtual void opened(WebSocket& socket) = 0;

    /// A whole text message, valid UTF-8. Binary ones are refused by the transport. None comes
    /// after close().
    virtual void received(std::string_view text) = 0;

    /// The last call, once, for every reason of an end, whether close() was called or not. The
    /// session is destroyed right behind it.
    virtual void closed() = 0;
};

/// Either the session of the new connection or the answer that refuses the handshake.
using UpgradeDecision = std::variant<std::unique_ptr<WebSocketSession>, Response>;

/// Decides on a well-formed handshake; called on the connection's I/O thread, must not block.
using UpgradeHandler = std::function<UpgradeDecision(const Request&)>;

}  // namespace cellmon::http
