#include "http/websocket_connection.hpp"

#include <cerrno>
#include <chrono>

#include <fmt/core.h>
#include <sys/socket.h>

#include "http/websocket_frame.hpp"

namespace cellmon::http {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// For a client to answer a close frame.
constexpr milliseconds kCloseTime{2'000};

/// For a client to hang up when both close frames are sent.
constexpr milliseconds kHangUpTime{1'000};

std::int64_t us(milliseconds time) {
    return microseconds(time).count();
}

SharedFrame close_frame(std::uint16_t code, std::string_view reason) {
    std::string frame;
    append_close_frame(frame, code, reason);
    return std::make_shared<const std::string>(std::move(frame));
}

}  // namespace

WebSocketConnection::WebSocketConnection(std::shared_ptr<ServerState> state, Worker& worker,
                                         Socket socket, std::unique_ptr<WebSocketSession> session,
                                         AddressPlaces::PlacePtr place)
    : state_(std::move(state)),
      worker_(worker),
      socket_(std::move(socket)),
      session_(std::move(session)),
      place_(std::move(place)),
      reader_(state_->limits.websocket_message_bytes),
      heard_us_(state_->clock.steady_us()) {}

WebSocketConnection::~WebSocketConnection() = default;

template <typename Call>
void WebSocketConnection::tell(Call call) {
    try {
        call();
        return;
    } catch (const std::exception& error) {
        state_->handler_failed.say(fmt::format("A WebSocket session threw: {}", error.what()));
    } catch (...) {
        state_->handler_failed.say("A WebSocket session threw something that is no exception");
    }
    close(kInternalError, "internal error");
}

void WebSocketConnection::start(std::string_view bytes) {
    worker_.probe.websockets_opened.add(1);
    state_->websocket_opened();
    tell([this] { session_->opened(*this); });
    consume(bytes);
    wait_for_bytes();
}

void WebSocketConnection::wait_for_bytes() {
    socket_.async_wait(Socket::wait_read,
                       [self = shared_from_this()](boost::system::error_code error) {
                           if (self->phase_ == Phase::closed) return;
                           if (error) return self->cut_off();
                           self->read();
                       });
}

void WebSocketConnection::read() {
    std::vector<char>& buffer = worker_.read_buffer;
    const ssize_t got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    const bool nothing = got < 0 && (errno == EAGAIN || errno == EINTR);
    if (got <= 0 && !nothing) return cut_off();
    if (!nothing) {
        const auto bytes = static_cast<std::size_t>(got);
        worker_.probe.bytes_in.add(bytes);
        worker_.probe.websocket_bytes_in.add(bytes);
        heard_us_ = state_->clock.steady_us();
        pinged_us_ = 0;
        consume({buffer.data(), bytes});
    }
    wait_for_bytes();
}

void WebSocketConnection::consume(std::string_view bytes) {
    while (phase_ != Phase::finished) {
        const WebSocketInput input = reader_.next(bytes);
        if (input.kind == WebSocketInput::Kind::nothing) return;
        take(input);
    }
}

void WebSocketConnection::take(const WebSocketInput& input) {
    switch (input.kind) {
        case WebSocketInput::Kind::text:
            worker_.probe.websocket_messages_in.add(1);
            if (phase_ == Phase::open) tell([&] { session_->received(input.payload); });
            break;
        case WebSocketInput::Kind::ping:
            if (phase_ == Phase::open) answer_ping(input.payload);
            break;
        case WebSocketInput::Kind::close:
            finish(input.code == kNoStatus ? std::uint16_t{kNormalClosure} : input.code, {});
            break;
        case WebSocketInput::Kind::failed:
            finish(input.code, input.payload);
            break;
        case WebSocketInput::Kind::pong:  // Any byte shows that the client lives.
        case WebSocketInput::Kind::nothing:
            break;
    }
}

void WebSocketConnection::close(std::uint16_t code, std::string_view reason) {
    if (phase_ != Phase::open) return;
    phase_ = Phase::closing;
    close_until_us_ = state_->clock.steady_us() + us(kCloseTime);
    queue(close_frame(code, reason));
}

/// The client's last word is heard: ours is said if it was not, and the client may hang up.
void WebSocketConnection::finish(std::uint16_t code, std::string_view reason) {
    if (phase_ == Phase::open) {
        drop_unsent();  // Nobody reads it any more.
        queue_first(close_frame(code, reason));
    }
    phase_ = Phase::finished;
    close_until_us_ = state_->clock.steady_us() + us(kHangUpTime);
    if (queue_.empty()) on_all_written();
}

void WebSocketConnection::check_deadline(std::int64_t now_us) {
    const ServerLimits& limits = state_->limits;
    if (close_until_us_ != 0 && now_us >= close_until_us_) return cut_off();
    const bool silent = pinged_us_ != 0 && now_us - pinged_us_ >= us(limits.websocket_ping);
    const bool stalled = stalled_us_ != 0 && now_us - stalled_us_ >= us(limits.write_timeout);
    if (silent || stalled) {
        worker_.probe.timeouts.add(1);
        return cut_off();
    }
    if (phase_ == Phase::open && pinged_us_ == 0 &&
        now_us - heard_us_ >= us(limits.websocket_ping)) {
        std::string ping;
        append_frame(ping, Opcode::ping, {});
        pinged_us_ = now_us;
        queue_first(std::make_shared<const std::string>(std::move(ping)));
    }
}

void WebSocketConnection::wind_down() {
    close(kGoingAway, "server stops");
    flush();  // At once: with a short stop_timeout the next task may be the one that cuts off.
}

void WebSocketConnection::cut_off() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    boost::system::error_code ignored;
    socket_.close(ignored);
    queue_.clear();
    first_ = kept_ = queued_bytes_ = 0;
    worker_.probe.websockets_closed.add(1);
    state_->websocket_closed();
    place_.reset();
    const auto session = std::move(session_);
    tell([&] { session->closed(); });
    worker_.forget(*this);
}

}  // namespace cellmon::http
