#pragma once

#include <string>
#include <string_view>

#include "base/id128.hpp"
#include "base/result.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness {

/// Where a WebSocket is.
struct SocketTarget {
    Endpoint endpoint;
    std::string path;  ///< With the query; begins with a slash.

    /// From a URL `ws://host[:port]/path[?query]`; errors as Endpoint::parse.
    static Result<SocketTarget> parse(std::string_view url);
};

/// The opening handshake of a client (RFC 6455, 4.1).
class Handshake {
  public:
    static constexpr std::size_t kMaxAnswerBytes = 16U << 10U;

    /// `key`: any bytes; the server must know them to answer.
    Handshake(const SocketTarget& target, const Id128& key);

    [[nodiscard]] const std::string& request() const { return request_; }

    enum class State { incomplete, open, refused };
    State feed(std::string_view bytes);

    /// Behind `open`: what the server has sent after its answer.
    [[nodiscard]] std::string_view rest() const { return rest_; }
    /// Behind `refused`: the first line of the answer, or what it lacks.
    [[nodiscard]] const std::string& reason() const { return reason_; }

  private:
    State refuse(std::string reason);

    std::string request_;
    std::string accept_;
    std::string answer_;
    std::string_view rest_;
    std::string reason_;
};

}  // namespace cellmon::harness
