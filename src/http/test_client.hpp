#pragma once

// A client of plain blocking sockets and a server on a free port, for the tests of this module.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/request.hpp"
#include "http/server.hpp"

namespace cellmon::http::testing {

struct Answer {
    int status = 0;
    Headers headers;
    std::string head;
    std::string body;

    [[nodiscard]] std::string header(std::string_view name) const {
        return std::string(headers.find(name).value_or("<absent>"));
    }
};

class Client {
  public:
    /// `from`: the address that it comes from, of those of this machine.
    explicit Client(std::uint16_t port, in_addr_t from = INADDR_LOOPBACK)
        : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        // Longer than any wait of a test that passes; it only ends those that fail.
        const timeval patience{20, 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(from);
        if (from != INADDR_LOOPBACK) {
            ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
        }
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ =
            ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    }
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Nothing after a close or a reset. `without_body`: the answer to a HEAD.
    std::optional<Answer> receive(bool without_body = false) {
        while (buffer_.find("\r\n\r\n") == std::string::npos) {
            if (!more()) return std::nullopt;
        }
        Answer answer;
        const auto end = buffer_.find("\r\n\r\n");
        answer.head = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        parse_head(answer);
        const auto length = answer.headers.find("content-length");
        if (without_body || !length) return answer;
        const std::size_t size = std::stoul(std::string(*length));
        while (buffer_.size() < size) {
            if (!more()) return std::nullopt;
        }
        answer.body = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return answer;
    }

    std::optional<Answer> ask(std::string_view request, bool without_body = false) {
        send(request);
        return receive(without_body);
    }

    /// The next bytes, exactly so many; nothing after a close or a reset.
    std::optional<std::string> take(std::size_t bytes) {
        while (buffer_.size() < bytes) {
            if (!more()) return std::nullopt;
        }
        std::string taken = buffer_.substr(0, bytes);
        buffer_.erase(0, bytes);
        return taken;
    }

    /// Whether the server closed, with everything before it read by receive().
    bool closed() { return buffer_.empty() && !more(); }

    [[nodiscard]] int socket() const { return socket_; }

  private:
    bool more() {
        char bytes[16384];
        const ssize_t got = ::recv(socket_, bytes, sizeof(bytes), 0);
        if (got <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }

    static void parse_head(Answer& answer) {
        std::string_view rest = answer.head;
        answer.status = std::stoi(std::string(rest.substr(9, 3)));
        rest.remove_prefix(rest.find("\r\n") + 2);
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find("\r\n"));
            rest.remove_prefix(line.size() + 2);
            const auto colon = line.find(": ");
            answer.headers.add(line.substr(0, colon), line.substr(colon + 2));
        }
    }

    int socket_;
    bool connected_ = false;
    std::string buffer_;
};

inline std::string get(std::string_view target, std::string_view fields = {}) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) +
           "\r\n";
}

inline std::string post(std::string_view target, std::string_view body,
                        std::string_view fields = {}) {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(fields) + "\r\n" + std::string(body);
}

/// Waits until `condition` holds; false after a time that only a failing test needs.
inline bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 4'000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

/// Responders that handlers put aside, for the test to answer.
class Shelf {
  public:
    void put(Responder responder) {
        const std::scoped_lock lock(mutex_);
        responders_.push_back(std::move(responder));
        arrived_.notify_all();
    }
    Responder take() {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return !responders_.empty(); });
        Responder responder = std::move(responders_.front());
        responders_.erase(responders_.begin());
        return responder;
    }
    void clear() {
        const std::scoped_lock lock(mutex_);
        responders_.clear();
    }

  private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Responder> responders_;
};

/// A server with `/echo` (POST), `/hello` (GET), `/later` (POST; the test answers), `/forget`,
/// `/throw` and `/large` (a 4 MiB answer).
class TestServer {
  public:
    explicit TestServer(ServerLimits limits = {}, CorsPolicy cors = {},
                        const std::function<void(Router&)>& add_routes = {})
        : log({},
              [this](std::string_view line) {
                  const std::scoped_lock lock(log_mutex_);
                  log_lines_ += line;
              }),
          threads_(2) {
        router_.add(Method::post, "/echo", [](Request&& request, Responder responder) {
            responder.send(json_response(200, std::move(request.body)));
        });
        router_.add(Method::get, "/hello/{name}", [](Request&& request, Responder responder) {
            responder.send(text_response(200, "hello " + request.path_value("name")));
        });
        router_.add(Method::post, "/later",
                    [this](Request&&, Responder responder) { shelf.put(std::move(responder)); });
        router_.add(Method::get, "/forget", [](Request&&, Responder) {});
        router_.add(Method::get, "/throw",
                    [](Request&&, Responder) { throw std::runtime_error("no luck"); });
        router_.add(Method::get, "/large", [](Request&&, Responder responder) {
            responder.send(text_response(200, std::string(4U << 20U, 'x')));
        });
        if (add_routes) add_routes(router_);
        server.emplace(limits, std::move(cors),
                       Server::Dependencies{threads_, router_, clock_, log});
        port = server->listen("127.0.0.1", 0).value();
        threads_.start();
    }
    ~TestServer() {
        server->stop();
        shelf.clear();  // They must not outlive the threads.
        stop_threads();
    }
    void stop_threads() {
        threads_.stop();
        threads_.join();
    }

    /// The value of a metric without labels, or with this one.
    [[nodiscard]] double metric(std::string_view name, std::string_view label = {}) const {
        for (const auto& family : server->metrics()) {
            if (family.name != name) continue;
            for (const auto& sample : family.samples) {
                if (label.empty() || sample.labels.at(0).second == label) return sample.value;
            }
        }
        return -1;
    }

    void post(unsigned thread, Task work) { threads_.post(thread, std::move(work)); }

    [[nodiscard]] std::string log_text() const {
        const std::scoped_lock lock(log_mutex_);
        return log_lines_;
    }

  private:
    mutable std::mutex log_mutex_;
    std::string log_lines_;

  public:
    telemetry::Log log;
    Shelf shelf;

  private:
    SystemClock clock_;
    Router router_;
    IoThreads threads_;

  public:
    std::optional<Server> server;
    std::uint16_t port = 0;
};

}  // namespace cellmon::http::testing
