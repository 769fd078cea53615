#include "http/connection.hpp"

#include <algorithm>
#include <cerrno>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/assert.hpp"

namespace cellmon::http {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds kLingerTime{2'000};

/// Reads in a row before other connections get their turn.
constexpr int kReadsInARow = 16;

}  // namespace

Connection::Connection(std::shared_ptr<ServerState> state, Worker& worker, Socket socket)
    : state_(std::move(state)), worker_(worker), socket_(std::move(socket)) {}

Connection::~Connection() = default;

void Connection::start() {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto remote = socket_.remote_endpoint(ignored);
    if (!ignored) remote_address_ = remote.address().to_string();
    idle_since_us_ = state_->clock.steady_us();
    set_deadline(state_->limits.idle_timeout);
    read();
}

void Connection::refuse() {
    phase_ = Phase::handling;
    keep_alive_ = false;
    started_us_ = state_->clock.steady_us();
    write(unavailable_response(
        fmt::format("The server has reached http.max_connections = {}; try again",
                    state_->limits.max_connections)));
}

bool Connection::wants_input() const {
    return phase_ == Phase::idle || phase_ == Phase::header || phase_ == Phase::body;
}

void Connection::read() {
    if (reading_ || phase_ == Phase::closed) return;
    reading_ = true;
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                                self->reading_ = false;
                                if (error) {
                                    self->close();
                                } else {
                                    self->on_read(bytes);
                                }
                            });
}

void Connection::on_read(std::size_t bytes) {
    worker_.probe.bytes_in.add(bytes);
    if (wants_input()) consume({buffer_.data(), bytes});
    // There may be more than the few bytes of the connection's own buffer: a large body, mostly.
    std::vector<char>& large = worker_.read_buffer;
    bool full = bytes == buffer_.size();
    for (int i = 0; full && i < kReadsInARow; ++i) {
        if (!wants_input() && phase_ != Phase::lingering) break;
        const ssize_t got =
            ::recv(socket_.native_handle(), large.data(), large.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
        if (got <= 0) return close();
        worker_.probe.bytes_in.add(static_cast<std::uint64_t>(got));
        if (wants_input()) consume({large.data(), static_cast<std::size_t>(got)});
        full = static_cast<std::size_t>(got) == large.size();
    }
    read_on();
}

void Connection::read_on() {
    if (phase_ == Phase::upgraded) return become_websocket();
    if (wants_input() || phase_ == Phase::lingering) read();
}

void Connection::consume(std::string_view data) {
    std::string joined;
    if (!pending_.empty()) {
        joined.swap(pending_);
        joined.append(data);
        data = joined;
    }
    consuming_ = true;
    while (!data.empty() && wants_input()) {
        if (!parse(data)) break;
    }
    consuming_ = false;
    if (data.empty() || phase_ == Phase::lingering || phase_ == Phase::closed) return;
    pending_.assign(data);
    // Beast bounds the header; this bounds what it keeps of chunk extensions and trailers.
    if (phase_ == Phase::body && pending_.size() > state_->limits.header_bytes) {
        fail(error_response(400, "A chunk header or trailer is too long"));
    }
}

bool Connection::parse(std::string_view& data) {
    if (phase_ == Phase::idle) begin_request();
    RequestParser& parser = *exchange_->parser;
    error_code error;
    const std::size_t used = parser.put(asio::const_buffer(data.data(), data.size()), error);
    data.remove_prefix(used);
    if (phase_ == Phase::header) {
        exchange_->header_bytes += used;
        if (exchange_->header_bytes > state_->limits.header_bytes) {
            error = boost::beast::http::error::header_limit;
        }
    }
    if (error == boost::beast::http::error::need_more) return false;
    if (error) {
        on_parse_error(error);
        return false;
    }
    if (phase_ == Phase::header && parser.is_header_done()) {
        on_header();
    } else if (phase_ == Phase::body && parser.is_done()) {
        on_request();
    }
    return true;
}

void Connection::on_parse_error(error_code error) {
    if (exchange_->rejection) {  // Said by take_body().
        return fail(std::move(*exchange_->rejection));
    }
    if (error == boost::beast::http::error::header_limit) {
        return fail(error_response(
            431, fmt::format("The request header is larger than http.header_bytes = {} bytes",
                             state_->limits.header_bytes)));
    }
    fail(error_response(400, fmt::format("The request is not valid HTTP: {}", error.message())));
}

void Connection::respond(Response&& response) {
    if (state_->threads.on_thread(thread())) return write(std::move(response));
    state_->threads.post(thread(),
                         [self = shared_from_this(), answer = std::move(response)]() mutable {
                             self->write(std::move(answer));
                         });
}

void Connection::resume() {
    if (!pending_.empty()) consume({});
    read_on();
}

void Connection::linger() {
    // Closing with unread input would make the kernel reset the connection, and the client might
    // lose the answer (RFC 9112, 9.6).
    if (state_->stopping) return close();
    phase_ = Phase::lingering;
    pending_.clear();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    set_deadline(std::min(kLingerTime, state_->limits.write_timeout));
    read();
}

void Connection::set_deadline(std::chrono::milliseconds after) {
    deadline_us_ = state_->clock.steady_us() +
                   std::chrono::duration_cast<std::chrono::microseconds>(after).count();
}

void Connection::check_deadline(std::int64_t now_us) {
    if (deadline_us_ == 0 || now_us < deadline_us_) return;
    if (phase_ == Phase::header || phase_ == Phase::body) {
        worker_.probe.timeouts.add(1);
        const bool header = phase_ == Phase::header;
        return fail(error_response(
            408, header ? "The request header took too long" : "The request body took too long"));
    }
    if (phase_ == Phase::writing) worker_.probe.timeouts.add(1);
    close();
}

std::int64_t Connection::silent_since_us() const {
    switch (phase_) {
        case Phase::header:
            return started_us_;
        case Phase::body: {
            // Who keeps to the minimum rate is never behind.
            const auto bytes = static_cast<std::int64_t>(exchange_->body_bytes);
            const auto rate = static_cast<std::int64_t>(state_->limits.body_min_bytes_per_s);
            return started_us_ + bytes * 1'000'000 / rate;
        }
        case Phase::idle:
        case Phase::writing:
        case Phase::lingering:
            return idle_since_us_;
        case Phase::handling:
        case Phase::upgraded:
        case Phase::closed:
            break;
    }
    return kNever;
}

void Connection::wind_down() {
    if (phase_ == Phase::idle) close();
}

void Connection::close() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    error_code ignored;
    socket_.close(ignored);
    release_body();
    release_answer();
    worker_.give_back(std::move(exchange_));
    handshake_.reset();
    place_.reset();
    output_.reset();
    pending_.clear();
    worker_.forget(*this);
}

}  // namespace cellmon::http
