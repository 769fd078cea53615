#include "harness/sockets/frame_reader.hpp"

#include <simdjson.h>

#include "base/assert.hpp"

namespace cellmon::harness {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kMasked = 0x80;
constexpr std::size_t kMaxControlBytes = 125;

enum Opcode : unsigned { kContinuation = 0, kText = 1, kClose = 8, kPing = 9, kPong = 10 };

unsigned byte_at(std::string_view bytes, std::size_t index) {
    return static_cast<unsigned char>(bytes[index]);
}

unsigned opcode_of(SocketMessage::Kind kind) {
    switch (kind) {
        case SocketMessage::Kind::text:
            return kText;
        case SocketMessage::Kind::ping:
            return kPing;
        case SocketMessage::Kind::pong:
            return kPong;
        case SocketMessage::Kind::close:
            return kClose;
    }
    return kText;
}

}  // namespace

std::string_view FrameReader::feed(std::string_view bytes, const Sink& sink) {
    CELLMON_ASSERT(fault_.empty());
    const bool continued = !rest_.empty();
    if (continued) bytes = rest_.append(bytes);
    Frame frame;
    Found found = Found::nothing;
    while ((found = take_frame(bytes, frame)) == Found::frame) {
        if (!take(frame, sink)) return fault_;
    }
    if (found == Found::fault) return fault_;
    if (continued) {
        rest_.erase(0, rest_.size() - bytes.size());
    } else {
        rest_ = bytes;
    }
    return {};
}

FrameReader::Found FrameReader::take_frame(std::string_view& bytes, Frame& frame) {
    if (bytes.size() < 2) return Found::nothing;
    if ((byte_at(bytes, 1) & kMasked) != 0) {
        wrong("a masked frame");
        return Found::fault;
    }
    std::uint64_t size = byte_at(bytes, 1);
    std::size_t head = 2;
    if (size >= 126) {
        const std::size_t width = size == 126 ? 2 : 8;
        head += width;
        if (bytes.size() < head) return Found::nothing;
        size = 0;
        for (std::size_t i = 2; i < head; ++i)
            size = size << 8U | byte_at(bytes, i);
    }
    if (size > kMaxMessageBytes) {
        wrong("a frame of more than 64 MiB");
        return Found::fault;
    }
    if (bytes.size() - head < size) return Found::nothing;
    frame = {byte_at(bytes, 0), bytes.substr(head, size)};
    bytes.remove_prefix(head + size);
    return Found::frame;
}

bool FrameReader::take(const Frame& frame, const Sink& sink) {
    if ((frame.first & kReserved) != 0) return wrong("a reserved bit is set");
    const bool final = (frame.first & kFinal) != 0;
    const unsigned opcode = frame.first & 0x0FU;
    if (opcode >= kClose && (!final || frame.payload.size() > kMaxControlBytes)) {
        return wrong("a control frame that is long or in parts");
    }
    switch (opcode) {
        case kText:
            if (in_message_) return wrong("a message begins inside another");
            if (final) return give_text(frame.payload, sink);
            parts_ = frame.payload;
            in_message_ = true;
            return true;
        case kContinuation:
            if (!in_message_) return wrong("the continuation of no message");
            parts_ += frame.payload;
            if (parts_.size() > kMaxMessageBytes) return wrong("a message of more than 64 MiB");
            if (!final) return true;
            in_message_ = false;
            return give_text(parts_, sink);
        case kClose:
            sink({SocketMessage::Kind::close, frame.payload});
            return true;
        case kPing:
            sink({SocketMessage::Kind::ping, frame.payload});
            return true;
        case kPong:
            sink({SocketMessage::Kind::pong, frame.payload});
            return true;
        default:
            return wrong("an opcode that is not used here");
    }
}

bool FrameReader::give_text(std::string_view text, const Sink& sink) {
    if (!simdjson::validate_utf8(text.data(), text.size())) return wrong("text that is not UTF-8");
    sink({SocketMessage::Kind::text, text});
    return true;
}

bool FrameReader::wrong(std::string_view what) {
    fault_ = what;
    return false;
}

std::string client_frame(SocketMessage::Kind kind, std::string_view payload) {
    constexpr std::string_view kMask = "\x5a\xc3\x17\x88";
    CELLMON_ASSERT(payload.size() <= kMaxControlBytes);  // It sends nothing longer.
    std::string frame;
    frame += static_cast<char>(kFinal | opcode_of(kind));
    frame += static_cast<char>(kMasked | payload.size());
    frame += kMask;
    for (std::size_t i = 0; i < payload.size(); ++i)
        frame += static_cast<char>(payload[i] ^ kMask[i % kMask.size()]);
    return frame;
}

}  // namespace cellmon::harness
