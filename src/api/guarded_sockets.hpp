#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "http/io_threads.hpp"
#include "http/websocket.hpp"

namespace cellmon::api {

/// Sockets that were opened with a token, so that they can be closed when it is worth nothing any
/// more: expired, logged out, or its account deactivated. Any thread.
class GuardedSockets {
  public:
    /// Log in again, and open another one.
    static constexpr std::uint16_t kLoggedOut = 4003;

    /// `threads` must outlive it.
    explicit GuardedSockets(http::IoThreads& threads);

    /// Stands in front of a route's session and passes everything on.
    [[nodiscard]] std::unique_ptr<http::WebSocketSession> watch(
        std::string token_id, std::unique_ptr<http::WebSocketSession> session);

    /// Of the sockets that are open.
    [[nodiscard]] std::set<std::string> tokens() const;

    /// Closes the sockets of these tokens.
    void close(const std::set<std::string>& token_ids);

  private:
    class Session;
    struct Registry;

    http::IoThreads& threads_;
    std::shared_ptr<Registry> registry_;  ///< Shared with the sessions, which may live longer.
};

}  // namespace cellmon::api
