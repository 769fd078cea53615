#pragma once

// The client's side of WebSockets, for the tests of this module.
#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "http/test_client.hpp"
#include "http/websocket.hpp"
#include "http/websocket_frame.hpp"

namespace cellmon::http::testing {

/// A masked frame.
inline std::string client_frame(Opcode opcode, std::string_view payload, bool last = true) {
    constexpr std::string_view kMask = "\x1f\xc0\x7e\xa5";
    std::string frame;
    append_frame(frame, Opcode::text, payload);
    frame.resize(frame.size() - payload.size());
    frame[0] = static_cast<char>((last ? 0x80U : 0U) | static_cast<unsigned>(opcode));
    frame[1] = static_cast<char>(static_cast<unsigned char>(frame[1]) | 0x80U);
    frame += kMask;
    for (std::size_t i = 0; i < payload.size(); ++i)
        frame += static_cast<char>(payload[i] ^ kMask[i % kMask.size()]);
    return frame;
}

inline std::string client_close(std::uint16_t code) {
    return client_frame(
        Opcode::close, std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)});
}

inline std::string handshake(std::string_view target, std::string_view fields = {}) {
    return get(target,
               "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                   std::string(fields));
}

/// The next frame of the server as one string: its first byte, then the payload. Nothing after the
/// end of the connection.
inline std::optional<std::string> receive_frame(Client& client) {
    auto head = client.take(2);
    if (!head) return std::nullopt;
    std::size_t size = static_cast<unsigned char>((*head)[1]);
    if (size >= 126) {
        const auto length = client.take(size == 126 ? 2 : 8);
        if (!length) return std::nullopt;
        size = 0;
        for (const char byte : *length)
            size = size << 8U | static_cast<unsigned char>(byte);
    }
    const auto payload = client.take(size);
    if (!payload) return std::nullopt;
    return head->substr(0, 1) + *payload;
}

inline SharedFrame text_frame(std::string_view text) {
    std::string frame;
    append_frame(frame, Opcode::text, text);
    return std::make_shared<const std::string>(std::move(frame));
}

/// A server with the WebSocket route `/socket`, whose sessions do what their messages say:
/// `burst N` is answered with the numbers below N, `close` closes with 4001 and tries to go on,
/// `throw` throws, and all else comes back.
class SocketServer {
  public:
    explicit SocketServer(ServerLimits limits = {})
        : server(limits, {}, [this](Router& router) {
              router.add_upgrade("/socket", [this](const Request& request) -> UpgradeDecision {
                  if (request.query_value("room") == "none") return error_response(422, "no room");
                  if (request.query_value("room") == "throw") throw std::runtime_error("no luck");
                  return std::make_unique<Session>(*this);
              });
          }) {}

    /// Runs `work` on the I/O thread of each open socket, and waits for it.
    void on_sockets(const std::function<void(WebSocket&)>& work) {
        for (unsigned thread = 0; thread < 2; ++thread) {
            std::promise<void> done;
            server.post(thread, [&] {
                for (WebSocket* socket : sockets_[thread])
                    work(*socket);
                done.set_value();
            });
            done.get_future().get();
        }
    }

    std::atomic<std::size_t> opened{0};
    std::atomic<std::size_t> closed{0};

  private:
    class Session final : public WebSocketSession {
      public:
        explicit Session(SocketServer& owner) : owner_(owner) {}
        void opened(WebSocket& socket) override {
            socket_ = &socket;
            owner_.sockets_[socket.thread()].insert(&socket);
            ++owner_.opened;
        }
        void received(std::string_view text) override {
            if (text.starts_with("burst ")) {
                const int count = std::stoi(std::string(text.substr(6)));
                for (int i = 0; i < count; ++i)
                    socket_->send(text_frame(std::to_string(i)));
                // Nothing has left while the handler runs.
                CELLMON_ASSERT(socket_->queued_messages() == static_cast<std::size_t>(count));
            } else if (text == "close") {
                socket_->close(4001, "told");
                socket_->send(text_frame("too late"));
                socket_->drop_unsent();
                socket_->close(4002, "too late");
            } else if (text == "throw") {
                throw std::runtime_error("no luck");
            } else {
                socket_->send(text_frame(text));
            }
        }
        void closed() override {
            CELLMON_ASSERT(socket_ != nullptr);
            socket_->send(text_frame("too late"));
            owner_.sockets_[socket_->thread()].erase(socket_);
            socket_ = nullptr;
            ++owner_.closed;
        }

      private:
        SocketServer& owner_;
        WebSocket* socket_ = nullptr;
    };

    std::array<std::set<WebSocket*>, 2> sockets_;  ///< Each of its I/O thread alone.

  public:
    TestServer server;
};

/// A client whose handshake is done. `behind` goes out with it in one piece.
class SocketClient : public Client {
  public:
    explicit SocketClient(const SocketServer& server, std::string_view behind = {})
        : Client(server.server.port) {
        const auto answer = ask(handshake("/socket") + std::string(behind), true);
        EXPECT_TRUE(answer && answer->status == 101);
    }
    bool say(std::string_view text) { return send(client_frame(Opcode::text, text)); }
    std::string hear() { return receive_frame(*this).value_or("<end>"); }
};

/// What hear() gives.
inline std::string heard_text(std::string_view text) {
    return "\x81" + std::string(text);
}
inline std::string heard_close(std::uint16_t code, std::string_view reason) {
    std::string frame;
    append_close_frame(frame, code, reason);
    return frame.erase(1, 1);
}

}  // namespace cellmon::http::testing
