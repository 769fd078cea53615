#include "harness/wire/blocking_client.hpp"

#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <sys/time.h>
#include <unistd.h>

namespace cellmon::harness {
namespace {

class Socket {
  public:
    explicit Socket(int family) : descriptor_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

tl::unexpected<Error> unavailable(const Endpoint& endpoint, std::string_view what) {
    return fail(ErrorCode::unavailable, fmt::format("http://{}: {}: {}", endpoint.authority, what,
                                                    error_from_errno(errno, "").message));
}

}  // namespace

Result<Response> http_get(const Endpoint& endpoint, std::string_view path, int timeout_s) {
    const Socket socket(endpoint.address.ss_family);
    if (socket.descriptor() < 0) return unavailable(endpoint, "no socket");
    const timeval limit{timeout_s, 0};
    setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(socket.descriptor(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&endpoint.address),
                endpoint.address_bytes) != 0) {
        return unavailable(endpoint, "cannot connect");
    }
    const std::string request =
        fmt::format("GET {}{} HTTP/1.1\r\nHost: {}\r\n{}Accept: */*\r\nConnection: close\r\n\r\n",
                    endpoint.prefix, path, endpoint.authority, endpoint.credentials);
    for (std::string_view rest = request; !rest.empty();) {
        const auto sent = send(socket.descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return unavailable(endpoint, "cannot send");
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    ResponseParser parser;
    auto state = ResponseParser::State::incomplete;
    std::array<char, 1U << 16U> block{};
    while (state == ResponseParser::State::incomplete) {
        const auto got = recv(socket.descriptor(), block.data(), block.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return unavailable(endpoint, "no answer");
        state = got == 0
                    ? parser.end_of_stream()
                    : parser.feed(std::string_view(block.data(), static_cast<std::size_t>(got)));
    }
    if (state == ResponseParser::State::broken) {
        return fail(ErrorCode::unavailable,
                    fmt::format("http://{}: the answer is cut or not HTTP", endpoint.authority));
    }
    return std::move(parser.response());
}

}  // namespace cellmon::harness
