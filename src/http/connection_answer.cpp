// From a Response to its last byte.
#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/assert.hpp"
#include "http/connection.hpp"
#include "http/response_head.hpp"

namespace cellmon::http {

namespace {

/// A body of at most this size is copied behind its head: one piece is cheaper to send than two.
constexpr std::size_t kJoinBytes = 16U << 10U;

/// A head buffer that grew beyond this is given back.
constexpr std::size_t kKeepHeadBytes = 64U << 10U;

}  // namespace

void Connection::write(Response&& response) {
    if (phase_ == Phase::closed) return;
    CELLMON_ASSERT(phase_ == Phase::handling);
    if (handshake_ != nullptr) {
        auto exchange = std::move(handshake_);
        if (response.status == 101) {
            exchange->request.principal = std::move(response.principal);
            return upgrade(std::move(exchange));
        }
        worker_.give_back(std::move(exchange));
    }
    if (!head_only_ && !hold_answer(response.body)) {
        worker_.probe.answers_refused.add(1);
        response = unavailable_response(
            fmt::format("The server has reached http.answer_bytes_in_flight = {} bytes; try again",
                        state_->limits.answer_bytes_in_flight));
    }
    // Before the first byte: who has read an answer may count on the room that its body took.
    release_body();
    keep_alive_ = keep_alive_ && !response.close && !state_->stopping;
    const std::int64_t now_us = state_->clock.steady_us();
    worker_.probe.answered(response.status, now_us - started_us_);
    answered_us_ = idle_since_us_ = now_us;

    std::string& head = worker_.head;
    head.clear();
    append_head(head, response,
                {.date = worker_.date(),
                 .cors = cors_ != nullptr ? cors_ : &state_->cors,
                 .origin = origin_,
                 .has_cookie = has_cookie_,
                 .close = !keep_alive_,
                 .http_1_0 = http_1_0_});
    std::string_view body = view_of(response.body);
    if (head_only_ || is_bodiless(response.status)) body = {};
    if (body.size() <= kJoinBytes) {
        head += body;
        body = {};
    }
    const std::ptrdiff_t sent = send(head, body);
    if (sent < 0) return close();
    const auto bytes = static_cast<std::size_t>(sent);
    if (bytes == head.size() + body.size()) return on_written();

    phase_ = Phase::writing;
    output_ = std::make_unique<Output>();
    output_->head = head;
    output_->body_size = body.size();
    output_->body = std::move(response.body);
    output_->sent = bytes;
    if (head.capacity() > kKeepHeadBytes) std::string().swap(head);
    set_deadline(state_->limits.write_timeout);
    write_rest();
}

void Connection::write_rest() {
    socket_.async_wait(
        Socket::wait_write, [self = shared_from_this()](boost::system::error_code error) {
            if (error || self->phase_ != Phase::writing) return self->close();
            Output& output = *self->output_;
            const std::string_view head = output.head;
            const std::string_view body = view_of(output.body).substr(0, output.body_size);
            const std::size_t of_head = std::min(output.sent, head.size());
            const std::ptrdiff_t sent =
                self->send(head.substr(of_head), body.substr(output.sent - of_head));
            if (sent < 0) return self->close();
            output.sent += static_cast<std::size_t>(sent);
            self->idle_since_us_ = self->state_->clock.steady_us();
            if (output.sent == head.size() + body.size()) return self->on_written();
            if (sent > 0) self->set_deadline(self->state_->limits.write_timeout);
            self->write_rest();
        });
}

std::ptrdiff_t Connection::send(std::string_view head, std::string_view body) {
    // sendmsg wants pointers to what it will not change.
    std::array<iovec, 2> parts = {{{const_cast<char*>(head.data()), head.size()},
                                   {const_cast<char*>(body.data()), body.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = body.empty() ? 1 : 2;
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    worker_.probe.bytes_out.add(static_cast<std::uint64_t>(sent));
    return sent;
}

/// Small ones do not count, there is at most one for each connection; nor do those that are shared.
bool Connection::hold_answer(const Body& body) {
    const auto* own = std::get_if<std::string>(&body);
    const std::size_t bytes = own == nullptr ? 0 : own->size();
    if (bytes <= kJoinBytes) return true;
    while (!state_->hold_answer(bytes)) {
        if (worker_.make_room_for_answer()) continue;
        if (reads_only_) return false;
        state_->hold_answer_anyway(bytes);  // It was done: 503 would say that it was not.
        break;
    }
    held_ = bytes;
    return true;
}

void Connection::release_answer() {
    if (held_ > 0) state_->release_answer(held_);
    held_ = 0;
}

std::int64_t Connection::answering_since_us() const {
    return phase_ == Phase::writing && held_ > 0 ? answered_us_ : kNever;
}

void Connection::on_written() {
    output_.reset();
    release_answer();
    origin_.clear();
    cors_ = nullptr;
    if (!keep_alive_) return linger();
    phase_ = session_ == nullptr ? Phase::idle : Phase::upgraded;
    deadline_us_ = idle_since_us_ + std::chrono::microseconds(state_->limits.idle_timeout).count();
    if (!consuming_) resume();
}

void Connection::fail(Response response) {
    phase_ = Phase::handling;
    keep_alive_ = false;
    worker_.give_back(std::move(exchange_));
    write(std::move(response));
}

}  // namespace cellmon::http
