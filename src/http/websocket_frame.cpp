#include "http/websocket_frame.hpp"

#include <cstddef>

#include "base/assert.hpp"

namespace cellmon::http {

namespace {

/// Of a frame that is not masked.
constexpr std::size_t kMaxHeadBytes = 10;

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
    for (unsigned left = bytes; left > 0; --left) {
        out += static_cast<char>(value >> (8 * (left - 1)) & 0xFFU);
    }
}

}  // namespace

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
    const auto code = static_cast<std::uint8_t>(opcode);
    const std::size_t size = payload.size();
    CELLMON_ASSERT(code < 8 || size <= kControlPayloadBytes);
    out += static_cast<char>(0x80U | code);
    // The shortest form of the length is the only valid one.
    if (size <= 125) {
        out += static_cast<char>(size);
    } else if (size <= 0xFFFF) {
        out += static_cast<char>(126);
        append_big_endian(out, size, 2);
    } else {
        out += static_cast<char>(127);
        append_big_endian(out, size, 8);
    }
    out += payload;
}

void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason) {
    std::string payload;
    append_big_endian(payload, code, 2);
    payload += reason;
    append_frame(out, Opcode::close, payload);
}

SharedFrame text_frame(std::string_view message) {
    auto frame = std::make_shared<std::string>();
    frame->reserve(message.size() + kMaxHeadBytes);
    append_frame(*frame, Opcode::text, message);
    return frame;
}

}  // namespace cellmon::http
