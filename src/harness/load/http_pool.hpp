#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/wire/endpoint.hpp"
#include "harness/wire/response_parser.hpp"

namespace cellmon::harness {

/// Why a request has no answer. The server may have acted all the same.
enum class Failure : std::uint8_t {
    none,           ///< It has one.
    no_connection,  ///< None could be made.
    lost,           ///< The connection ended before the answer was whole.
    no_http,        ///< What came is no HTTP/1.1 response.
    timeout,
};
/// `timeout` and so on.
[[nodiscard]] std::string_view name_of(Failure failure);

/// What became of one request.
struct Exchange {
    std::size_t connection = 0;
    std::uint64_t token = 0;  ///< The caller's.
    Failure failure = Failure::none;
    Response response;
    std::int64_t sent_us = 0;  ///< Steady clock.
    std::int64_t ended_us = 0;

    [[nodiscard]] bool answered() const { return failure == Failure::none; }
};

/// Keep-alive connections to one server, one request at a time on each, served by epoll on the
/// caller's thread. Connections open when first used. One thread.
class HttpPool {
  public:
    /// The unchanged extension gives up an attempt after 8 s (§5.3).
    static constexpr std::int64_t kTimeoutUs = 8'000'000;
    static constexpr std::size_t kMaxConnections = 10'000;

    /// `path`: what is posted to, with the endpoint's prefix before it.
    static Result<HttpPool> create(const Endpoint& endpoint, std::size_t connections,
                                   const Clock& clock, std::int64_t timeout_us = kTimeoutUs,
                                   std::string_view path = "/api/v1/events");
    HttpPool(HttpPool&&) noexcept;
    HttpPool& operator=(HttpPool&&) = delete;
    ~HttpPool();

    [[nodiscard]] std::size_t size() const { return connections_.size(); }
    [[nodiscard]] bool idle(std::size_t connection) const { return !connections_[connection].busy; }
    [[nodiscard]] std::size_t busy_count() const { return busy_; }

    /// Starts a request: head and body are sent as given. The connection must be idle. `body` is
    /// kept until the exchange ends.
    void send(std::size_t connection, std::uint64_t token, std::string body);

    /// Waits until something ends or `until_us` (steady clock) has come; appends what has ended.
    void poll(std::int64_t until_us, std::vector<Exchange>& ended);

  private:
    struct Connection {
        int descriptor = -1;
        bool busy = false;
        bool connected = false;
        bool reused = false;  ///< The request went out on a connection that had served before.
        std::uint64_t token = 0;
        std::uint64_t turn =
            0;  ///< Counts requests, so that an old deadline does not hit a new one.
        std::string head;
        std::string body;
        std::size_t written = 0;
        std::int64_t sent_us = 0;
        ResponseParser parser;
    };
    struct Deadline {
        std::int64_t at_us;
        std::size_t connection;
        std::uint64_t turn;
    };

    HttpPool(Endpoint endpoint, const Clock& clock, std::int64_t timeout_us, std::string_view path,
             int epoll, std::size_t connections);
    bool open(std::size_t index);
    void close(Connection& connection);
    void write(std::size_t index);
    /// `closing`: the peer has announced its end, which has to be read, too.
    void read(std::size_t index, bool closing);
    void lost(std::size_t index, Failure why);
    void end(std::size_t index, Failure failure);

    Endpoint endpoint_;
    std::string head_;  ///< Of every request, up to the length of its body.
    const Clock& clock_;
    std::int64_t timeout_us_;
    int epoll_;
    std::vector<Connection> connections_;
    std::deque<Deadline> deadlines_;  ///< In order, because the timeout is one for all.
    std::vector<Exchange> ended_;
    std::size_t busy_ = 0;
};

}  // namespace cellmon::harness
