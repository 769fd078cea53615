// From a queued frame to its last byte.
#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

#include "base/assert.hpp"
#include "http/websocket_connection.hpp"
#include "http/websocket_frame.hpp"

namespace cellmon::http {

namespace {

/// Frames that one system call takes.
constexpr std::size_t kFramesAtOnce = 64;

/// A queue that has room for more than this gives its memory back when it is empty.
constexpr std::size_t kKeepFrames = 64;

constexpr char kPongStart = static_cast<char>(0x80U | static_cast<unsigned>(Opcode::pong));

}  // namespace

void WebSocketConnection::send(SharedFrame frame) {
    CELLMON_ASSERT(frame != nullptr && !frame->empty());
    if (phase_ == Phase::open) queue(std::move(frame));
}

void WebSocketConnection::queue(SharedFrame frame) {
    queued_bytes_ += frame->size();
    queue_.push_back(std::move(frame));
    flush_soon();
}

void WebSocketConnection::queue_first(SharedFrame frame) {
    queued_bytes_ += frame->size();
    queue_.insert(queue_.begin() + static_cast<std::ptrdiff_t>(first_ + kept_), std::move(frame));
    ++kept_;
    flush_soon();
}

void WebSocketConnection::flush_soon() {
    if (flush_due_ || waits_for_room_) return;
    flush_due_ = true;
    worker_.flush_soon(shared_from_this());
}

void WebSocketConnection::answer_ping(std::string_view payload) {
    std::string text;
    append_frame(text, Opcode::pong, payload);
    auto pong = std::make_shared<const std::string>(std::move(text));
    // One that still waits is replaced (RFC 6455, 5.5.3), so that no client can pile them up.
    const std::size_t begun = begun_bytes_ > 0 ? 1 : 0;
    for (std::size_t i = first_ + begun; i < first_ + kept_; ++i) {
        if (queue_[i]->front() != kPongStart) continue;
        queued_bytes_ += pong->size() - queue_[i]->size();
        queue_[i] = std::move(pong);
        return;
    }
    queue_first(std::move(pong));
}

void WebSocketConnection::drop_unsent() {
    if (phase_ != Phase::open) return;
    while (queued_messages() > kept_) {
        queued_bytes_ -= queue_.back()->size();
        queue_.pop_back();
    }
}

void WebSocketConnection::flush() {
    flush_due_ = false;
    if (phase_ == Phase::closed || waits_for_room_) return;
    while (queued_messages() > 0) {
        std::array<iovec, kFramesAtOnce> parts;
        const std::size_t count = std::min(queued_messages(), kFramesAtOnce);
        std::size_t offered = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string& frame = *queue_[first_ + i];
            const std::size_t begun = i == 0 ? begun_bytes_ : 0;
            // sendmsg wants pointers to what it will not change.
            parts[i] = {const_cast<char*>(frame.data()) + begun, frame.size() - begun};
            offered += parts[i].iov_len;
        }
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const ssize_t sent =
            ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return cut_off();
        if (sent > 0) count_written(static_cast<std::size_t>(sent));
        if (sent < 0 || static_cast<std::size_t>(sent) < offered) return wait_for_room();
    }
    on_all_written();
}

void WebSocketConnection::count_written(std::size_t bytes) {
    worker_.probe.bytes_out.add(bytes);
    worker_.probe.websocket_bytes_out.add(bytes);
    stalled_us_ = 0;
    begun_bytes_ += bytes;
    std::size_t whole = 0;
    while (first_ < queue_.size() && begun_bytes_ >= queue_[first_]->size()) {
        begun_bytes_ -= queue_[first_]->size();
        queued_bytes_ -= queue_[first_]->size();
        queue_[first_++].reset();
        ++whole;
    }
    worker_.probe.websocket_messages_out.add(whole);
    kept_ -= std::min(kept_, whole);
    if (begun_bytes_ > 0) kept_ = std::max<std::size_t>(kept_, 1);
    if (first_ > queue_.size() / 2) {  // So that each frame is moved at most once on average.
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

void WebSocketConnection::wait_for_room() {
    if (stalled_us_ == 0) stalled_us_ = state_->clock.steady_us();
    waits_for_room_ = true;
    socket_.async_wait(Socket::wait_write,
                       [self = shared_from_this()](boost::system::error_code error) {
                           self->waits_for_room_ = false;
                           if (error) return self->cut_off();
                           self->flush();
                       });
}

void WebSocketConnection::on_all_written() {
    if (queue_.capacity() > kKeepFrames) std::vector<SharedFrame>().swap(queue_);
    if (phase_ != Phase::finished) return;
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

}  // namespace cellmon::http
