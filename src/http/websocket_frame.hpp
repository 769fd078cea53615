#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/websocket.hpp"

namespace cellmon::http {

/// The kinds of WebSocket frame (RFC 6455, 5.2).
enum class Opcode : std::uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// The most that a control frame may carry (RFC 6455, 5.5).
inline constexpr std::size_t kControlPayloadBytes = 125;

/// Appends one whole server frame: final and unmasked. The bytes depend on nothing but the
/// arguments, so any number of connections may share them. Asserts that a control frame carries at
/// most kControlPayloadBytes.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);

/// A text message as one whole frame.
[[nodiscard]] SharedFrame text_frame(std::string_view message);

/// Appends a close frame. `reason` is UTF-8; asserts that it has at most 123 bytes.
void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason);

}  // namespace cellmon::http
