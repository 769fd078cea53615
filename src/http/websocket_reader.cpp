#include "http/websocket_reader.hpp"

#include <algorithm>

#include "http/utf8.hpp"
#include "http/websocket.hpp"
#include "http/websocket_frame.hpp"

namespace cellmon::http {

namespace {

using Kind = WebSocketInput::Kind;

constexpr std::size_t kMaskBytes = 4;

/// The values of the short length that announce a longer one of two or eight bytes.
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;

/// Memory of a message beyond this is given back when the message has been told.
constexpr std::size_t kKeepBytes = 1U << 10U;

/// Codes that may travel (RFC 6455, 7.4, and what is registered since).
bool is_close_code(std::uint16_t code) {
    if (code >= 3000) return code < 5000;
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

}  // namespace

WebSocketInput WebSocketReader::next(std::string_view& bytes) {
    if (!in_payload_) {  // What was told by the last call is over.
        control_.clear();
        if (!in_message_) message_.clear();
        if (message_.empty() && message_.capacity() > kKeepBytes) std::string().swap(message_);
    }
    while (!ended_) {
        if (!in_payload_) {
            if (const Told failure = take_head(bytes)) return *failure;
            if (!in_payload_) return {};
        }
        take_payload(bytes);
        if (frame_taken_ < frame_bytes_) return {};
        if (const Told input = finish_frame()) return *input;
    }
    bytes = {};
    return {};
}

std::size_t WebSocketReader::head_bytes() const {
    const std::uint8_t length = byte(1) & 0x7FU;
    return 2 + kMaskBytes + (length == kLength64 ? 8 : length == kLength16 ? 2 : 0);
}

WebSocketReader::Told WebSocketReader::take_head(std::string_view& bytes) {
    while (!bytes.empty()) {
        head_[head_taken_++] = bytes.front();
        bytes.remove_prefix(1);
        if (head_taken_ == 2) {
            if (const Told failure = check_start()) return failure;
        }
        if (head_taken_ >= 2 && head_taken_ == head_bytes()) return check_length();
    }
    return std::nullopt;
}

WebSocketReader::Told WebSocketReader::check_start() {
    if ((byte(0) & 0x70U) != 0) return fail(kProtocolError, "reserved bit");
    switch (opcode()) {
        case Opcode::text:
            if (in_message_) return fail(kProtocolError, "message inside a message");
            break;
        case Opcode::more:
            if (!in_message_) return fail(kProtocolError, "nothing to continue");
            break;
        case Opcode::binary:
            return fail(kUnsupportedData, "text messages only");
        case Opcode::close:
        case Opcode::ping:
        case Opcode::pong:
            if (!is_final()) return fail(kProtocolError, "control frame in fragments");
            if ((byte(1) & 0x7FU) > kControlPayloadBytes) {
                return fail(kProtocolError, "control frame too long");
            }
            break;
        default:
            return fail(kProtocolError, "unknown opcode");
    }
    if ((byte(1) & 0x80U) == 0) return fail(kProtocolError, "frame without a mask");
    return std::nullopt;
}

WebSocketReader::Told WebSocketReader::check_length() {
    const std::uint8_t announced = byte(1) & 0x7FU;
    std::uint64_t length = announced;
    if (announced >= kLength16) {
        length = 0;
        for (std::size_t at = 2; at < head_bytes() - kMaskBytes; ++at)
            length = length << 8U | byte(at);
        const std::uint64_t least = announced == kLength16 ? 126 : 65'536;
        if (length < least) return fail(kProtocolError, "length not in its shortest form");
        if (length >> 63U != 0) return fail(kProtocolError, "length out of range");
    }
    if (!is_control() && length > message_bytes_ - message_.size()) {
        return fail(kMessageTooBig, "message too big");
    }
    frame_bytes_ = static_cast<std::size_t>(length);
    frame_taken_ = 0;
    in_payload_ = true;
    return std::nullopt;
}

void WebSocketReader::take_payload(std::string_view& bytes) {
    std::string& target = is_control() ? control_ : message_;
    const std::size_t count = std::min(frame_bytes_ - frame_taken_, bytes.size());
    const char* mask = head_.data() + head_taken_ - kMaskBytes;
    for (std::size_t i = 0; i < count; ++i)
        target += static_cast<char>(bytes[i] ^ mask[(frame_taken_ + i) % kMaskBytes]);
    frame_taken_ += count;
    bytes.remove_prefix(count);
}

WebSocketReader::Told WebSocketReader::finish_frame() {
    in_payload_ = false;
    head_taken_ = 0;
    switch (opcode()) {
        case Opcode::ping:
            return WebSocketInput{Kind::ping, control_};
        case Opcode::pong:
            return WebSocketInput{Kind::pong, control_};
        case Opcode::close:
            return finish_close();
        default:
            break;
    }
    in_message_ = !is_final();
    if (in_message_) return std::nullopt;
    if (!is_utf8(message_)) return fail(kInvalidText, "text is not UTF-8");
    return WebSocketInput{Kind::text, message_};
}

WebSocketInput WebSocketReader::finish_close() {
    if (control_.size() == 1) return fail(kProtocolError, "half a close code");
    std::uint16_t code = kNoStatus;
    if (!control_.empty()) {
        const auto high = static_cast<std::uint8_t>(control_[0]);
        const auto low = static_cast<std::uint8_t>(control_[1]);
        code = static_cast<std::uint16_t>(high << 8U | low);
        if (!is_close_code(code)) return fail(kProtocolError, "close code out of range");
        if (!is_utf8(std::string_view(control_).substr(2))) {
            return fail(kInvalidText, "close reason is not UTF-8");
        }
    }
    ended_ = true;
    return {Kind::close, {}, code};
}

WebSocketInput WebSocketReader::fail(std::uint16_t code, std::string_view reason) {
    ended_ = true;
    return {Kind::failed, reason, code};
}

}  // namespace cellmon::http
