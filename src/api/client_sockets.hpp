#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/login_limits.hpp"
#include "base/clock.hpp"
#include "http/io_threads.hpp"
#include "http/websocket.hpp"

namespace cellmon::api {

/// The sockets of clients, `/api/v1/ws/{client_id}?room=` (contract §4.2): who is in the same room
/// hears what the others say. A newer connection with an id takes the place of the older one; with
/// `auth.mode = required` each account has ids of its own.
class ClientSockets {
  public:
    static constexpr std::uint16_t kTooMany = 4008;  ///< Close code.
    static constexpr std::size_t kMostName = 128;    ///< Characters of an id or a room.

    /// `queue_bytes`: what may wait for a client before it is sent more. The others must outlive
    /// it.
    ClientSockets(std::size_t queue_bytes, http::IoThreads& threads, const Clock& clock);

    /// The UpgradeHandler of the route.
    [[nodiscard]] http::UpgradeDecision accept(const http::Request& request);

    /// Open ones. Any thread.
    [[nodiscard]] std::size_t connections() const;

  private:
    class Session;
    /// The one connection of an id.
    struct Place {
        std::uint64_t number = 0;  ///< Of the connection, from 1 since the start.
        unsigned thread = 0;
    };
    /// Of one I/O thread, touched by it alone.
    struct Sessions {
        std::map<std::uint64_t, Session*> all;  ///< By number.
        std::multimap<std::string, Session*, std::less<>> rooms;
    };

    void joined(Session& session);
    void left(Session& session);
    void move(Session& session, std::string room);
    void enter(Session& session);
    void leave(Session& session);
    void say_to_room(std::string_view room, const std::string& json);
    [[nodiscard]] std::string stats_json(const std::string& room) const;

    const std::size_t queue_bytes_;
    http::IoThreads& threads_;
    const Clock& clock_;
    auth::RateLimit messages_;
    std::vector<Sessions> sessions_;

    mutable std::mutex mutex_;
    std::uint64_t newest_ = 0;
    std::size_t open_ = 0;
    std::map<std::string, Place> places_;
    std::map<std::string, std::size_t, std::less<>> rooms_;  ///< How many are in each.
};

}  // namespace cellmon::api
