#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cellmon::harness {

/// What a server says on a WebSocket. `payload` lives until the sink returns.
struct SocketMessage {
    enum class Kind : std::uint8_t { text, ping, pong, close };

    Kind kind = Kind::text;
    std::string_view payload;
};

/// Puts the messages of a server together from the bytes as they arrive (RFC 6455, unmasked, in
/// one frame or several). Whatever the RFC forbids a server is a fault. One thread.
class FrameReader {
  public:
    static constexpr std::size_t kMaxMessageBytes = 64U << 20U;

    using Sink = std::function<void(const SocketMessage&)>;

    /// Gives each message that is whole now to `sink`. Returns empty, or what is wrong; then
    /// nothing more may be fed.
    std::string_view feed(std::string_view bytes, const Sink& sink);

  private:
    struct Frame {
        unsigned first = 0;  ///< FIN, reserved bits and opcode.
        std::string_view payload;
    };
    enum class Found : std::uint8_t { nothing, frame, fault };

    /// Takes the first frame off `bytes`.
    Found take_frame(std::string_view& bytes, Frame& frame);
    bool take(const Frame& frame, const Sink& sink);
    bool give_text(std::string_view text, const Sink& sink);
    bool wrong(std::string_view what);

    std::string rest_;   ///< Of a frame that has begun.
    std::string parts_;  ///< Of a message that has begun.
    bool in_message_ = false;
    std::string_view fault_;
};

/// A frame as a client sends it. The mask is all the same: it is there for caches on the way.
[[nodiscard]] std::string client_frame(SocketMessage::Kind kind, std::string_view payload);

}  // namespace cellmon::harness
