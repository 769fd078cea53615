#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/websocket_frame.hpp"

namespace cellmon::http {

/// What a client's bytes say next.
struct WebSocketInput {
    enum class Kind : std::uint8_t {
        nothing,  ///< All bytes are taken; more must come, or the reader has ended.
        text,     ///< `payload` is a whole message, valid UTF-8.
        ping,     ///< `payload` belongs into the pong.
        pong,
        close,   ///< The last frame: `code` as sent, kNoStatus without one.
        failed,  ///< Against RFC 6455 or the limit: `code` and `payload` are for the close frame.
    };
    Kind kind = Kind::nothing;
    std::string_view payload;  ///< Holds until the next call.
    std::uint16_t code = 0;
};

/// Never travels: stands for a close frame without a code (RFC 6455, 7.4.1).
inline constexpr std::uint16_t kNoStatus = 1005;

/// Makes messages of a client's bytes (RFC 6455, 5). Where the bytes are cut does not matter. Holds
/// memory only for a message under way. Internal.
class WebSocketReader {
  public:
    /// A message may have at most `message_bytes`, all its fragments together.
    explicit WebSocketReader(std::size_t message_bytes) : message_bytes_(message_bytes) {}

    /// Takes bytes off the front until something can be told. Ended behind `close` and `failed`:
    /// then all bytes are taken and say nothing.
    WebSocketInput next(std::string_view& bytes);

  private:
    /// What is to be told now, if anything.
    using Told = std::optional<WebSocketInput>;

    [[nodiscard]] Told take_head(std::string_view& bytes);
    [[nodiscard]] Told check_start();
    [[nodiscard]] Told check_length();
    void take_payload(std::string_view& bytes);
    [[nodiscard]] Told finish_frame();
    [[nodiscard]] WebSocketInput finish_close();
    [[nodiscard]] WebSocketInput fail(std::uint16_t code, std::string_view reason);

    [[nodiscard]] std::uint8_t byte(std::size_t at) const {
        return static_cast<std::uint8_t>(head_[at]);
    }
    [[nodiscard]] Opcode opcode() const { return static_cast<Opcode>(byte(0) & 0x0FU); }
    [[nodiscard]] bool is_final() const { return (byte(0) & 0x80U) != 0; }
    [[nodiscard]] bool is_control() const { return (byte(0) & 0x08U) != 0; }
    [[nodiscard]] std::size_t head_bytes() const;

    const std::size_t message_bytes_;
    std::array<char, 14> head_{};  ///< Of the frame under way: flags, length, mask.
    std::uint8_t head_taken_ = 0;  ///< Bytes of it that are there.
    bool in_payload_ = false;      ///< The head is whole and checked.
    bool in_message_ = false;      ///< Between the fragments of a message.
    bool ended_ = false;
    std::size_t frame_bytes_ = 0;  ///< Payload of the frame under way, and how much is there.
    std::size_t frame_taken_ = 0;
    std::string message_;  ///< Unmasked.
    std::string control_;  ///< Apart, because control frames may come between fragments.
};

}  // namespace cellmon::http
