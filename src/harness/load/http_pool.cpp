#include "harness/load/http_pool.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/assert.hpp"

namespace cellmon::harness {

std::string_view name_of(Failure failure) {
    switch (failure) {
        case Failure::none:
            return "none";
        case Failure::no_connection:
            return "no_connection";
        case Failure::lost:
            return "lost";
        case Failure::no_http:
            return "no_http";
        case Failure::timeout:
            return "timeout";
    }
    return "unknown";
}

Result<HttpPool> HttpPool::create(const Endpoint& endpoint, std::size_t connections,
                                  const Clock& clock, std::int64_t timeout_us,
                                  std::string_view path) {
    if (connections < 1 || connections > kMaxConnections) {
        return fail(ErrorCode::invalid,
                    fmt::format("connections must be 1 to {}", kMaxConnections));
    }
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) return fail(error_from_errno(errno, "epoll_create1"));
    return HttpPool(endpoint, clock, timeout_us, path, epoll, connections);
}

HttpPool::HttpPool(Endpoint endpoint, const Clock& clock, std::int64_t timeout_us,
                   std::string_view path, int epoll, std::size_t connections)
    : endpoint_(std::move(endpoint)),
      head_(fmt::format("POST {}{} HTTP/1.1\r\nHost: {}\r\n{}Content-Type: application/json\r\n"
                        "Accept: application/json, text/plain, */*\r\nContent-Length: ",
                        endpoint_.prefix, path, endpoint_.authority, endpoint_.credentials)),
      clock_(clock),
      timeout_us_(timeout_us),
      epoll_(epoll),
      connections_(connections) {}

HttpPool::HttpPool(HttpPool&& other) noexcept
    : endpoint_(std::move(other.endpoint_)),
      head_(std::move(other.head_)),
      clock_(other.clock_),
      timeout_us_(other.timeout_us_),
      epoll_(std::exchange(other.epoll_, -1)),
      connections_(std::move(other.connections_)),
      deadlines_(std::move(other.deadlines_)),
      ended_(std::move(other.ended_)),
      busy_(other.busy_) {}

HttpPool::~HttpPool() {
    for (auto& connection : connections_)
        close(connection);
    if (epoll_ >= 0) ::close(epoll_);
}

void HttpPool::send(std::size_t index, std::uint64_t token, std::string body) {
    Connection& connection = connections_[index];
    CELLMON_ASSERT(!connection.busy);
    connection.busy = true;
    ++busy_;
    ++connection.turn;
    connection.token = token;
    connection.head = head_;
    fmt::format_to(std::back_inserter(connection.head), "{}\r\n\r\n", body.size());
    connection.body = std::move(body);
    connection.written = 0;
    connection.sent_us = clock_.steady_us();
    deadlines_.push_back({connection.sent_us + timeout_us_, index, connection.turn});
    connection.reused = connection.descriptor >= 0;
    if (!connection.reused && !open(index)) return end(index, Failure::no_connection);
    if (connection.connected) write(index);
}

bool HttpPool::open(std::size_t index) {
    Connection& connection = connections_[index];
    connection.parser = ResponseParser();
    connection.descriptor =
        socket(endpoint_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection.descriptor < 0) return false;
    const int on = 1;
    setsockopt(connection.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const int result =
        connect(connection.descriptor, reinterpret_cast<const sockaddr*>(&endpoint_.address),
                endpoint_.address_bytes);
    connection.connected = result == 0;
    // Edge triggered, so that a connection costs one epoll_ctl in its life.
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = index;
    const bool watched = epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor, &event) == 0;
    if ((result != 0 && errno != EINPROGRESS && !connection.connected) || !watched) {
        close(connection);
        return false;
    }
    return true;
}

void HttpPool::close(Connection& connection) {
    if (connection.descriptor >= 0) ::close(connection.descriptor);
    connection.descriptor = -1;
    connection.connected = false;
}

void HttpPool::write(std::size_t index) {
    Connection& connection = connections_[index];
    const std::size_t total = connection.head.size() + connection.body.size();
    while (connection.written < total) {
        std::array<iovec, 2> parts{};
        std::size_t count = 0;
        if (connection.written < connection.head.size()) {
            parts[count++] = {connection.head.data() + connection.written,
                              connection.head.size() - connection.written};
        }
        const std::size_t body_from = connection.written > connection.head.size()
                                          ? connection.written - connection.head.size()
                                          : 0;
        parts[count++] = {connection.body.data() + body_from, connection.body.size() - body_from};
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const auto sent = sendmsg(connection.descriptor, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (sent < 0) return lost(index, Failure::lost);
        connection.written += static_cast<std::size_t>(sent);
    }
}

void HttpPool::read(std::size_t index, bool closing) {
    Connection& connection = connections_[index];
    std::array<char, 1U << 14U> block;
    while (connection.descriptor >= 0) {
        const auto got = recv(connection.descriptor, block.data(), block.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (!connection.busy) return close(connection);  // Closed or spoken to out of turn.
        if (got < 0) return lost(index, Failure::lost);
        const auto bytes = static_cast<std::size_t>(got);
        const auto state = got == 0 ? connection.parser.end_of_stream()
                                    : connection.parser.feed(std::string_view(block.data(), bytes));
        if (state == ResponseParser::State::broken)
            return lost(index, got == 0 ? Failure::lost : Failure::no_http);
        if (state == ResponseParser::State::complete) end(index, Failure::none);
        // A short read has emptied the socket (epoll(7)); what comes later is an event of its own.
        if (got > 0 && bytes < block.size() && !closing) return;
    }
}

void HttpPool::lost(std::size_t index, Failure why) {
    Connection& connection = connections_[index];
    const bool stale = connection.reused && !connection.parser.started();
    if (!connection.connected) why = Failure::no_connection;
    close(connection);
    if (!connection.busy) return;
    // A server may close an idle connection just as the next request goes out. Browsers send it
    // again at once, and so do we.
    if (stale) {
        connection.reused = false;
        connection.written = 0;
        if (open(index)) {
            if (connection.connected) write(index);
            return;
        }
        why = Failure::no_connection;
    }
    end(index, why);
}

void HttpPool::end(std::size_t index, Failure failure) {
    Connection& connection = connections_[index];
    Exchange& exchange = ended_.emplace_back();
    exchange.connection = index;
    exchange.token = connection.token;
    exchange.failure = failure;
    exchange.sent_us = connection.sent_us;
    exchange.ended_us = clock_.steady_us();
    connection.busy = false;
    --busy_;
    if (exchange.answered()) {
        const bool keep = connection.parser.response().keep_alive &&
                          connection.written == connection.head.size() + connection.body.size();
        exchange.response = std::move(connection.parser.response());
        connection.parser.reset();
        if (!keep) close(connection);
    } else {
        close(connection);
    }
}

void HttpPool::poll(std::int64_t until_us, std::vector<Exchange>& ended) {
    while (!deadlines_.empty() &&
           (connections_[deadlines_.front().connection].turn != deadlines_.front().turn ||
            !connections_[deadlines_.front().connection].busy)) {
        deadlines_.pop_front();
    }
    const std::int64_t now_us = clock_.steady_us();
    if (!deadlines_.empty()) until_us = std::min(until_us, deadlines_.front().at_us);
    if (!ended_.empty()) until_us = now_us;
    const std::int64_t wait_us = std::max<std::int64_t>(0, until_us - now_us);
    const timespec wait{wait_us / 1'000'000, wait_us % 1'000'000 * 1000};
    std::array<epoll_event, 256> events;
    const int count =
        epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        const auto index = static_cast<std::size_t>(event.data.u64);
        Connection& connection = connections_[index];
        if (connection.descriptor < 0) continue;
        if ((event.events & EPOLLOUT) != 0 && (event.events & (EPOLLERR | EPOLLHUP)) == 0) {
            connection.connected = true;
            if (connection.busy) write(index);
        }
        const bool closing = (event.events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0;
        if (closing || (event.events & EPOLLIN) != 0) read(index, closing);
    }
    const std::int64_t after_us = clock_.steady_us();
    while (!deadlines_.empty() && deadlines_.front().at_us <= after_us) {
        const Deadline deadline = deadlines_.front();
        deadlines_.pop_front();
        const Connection& connection = connections_[deadline.connection];
        if (connection.busy && connection.turn == deadline.turn)
            end(deadline.connection, Failure::timeout);
    }
    for (auto& exchange : ended_)
        ended.push_back(std::move(exchange));
    ended_.clear();
}

}  // namespace cellmon::harness
