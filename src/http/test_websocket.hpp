#pragma once

// The client's side of WebSockets, for the tests of this module.
#include <optional>
#include <string>
#include <string_view>

#include "http/test_client.hpp"
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
    return client_frame(Opcode::close,
                        std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)});
}

inline std::string handshake(std::string_view target, std::string_view fields = {}) {
    return get(target, "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
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

}  // namespace cellmon::http::testing
