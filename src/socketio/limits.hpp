#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace cellmon::socketio {

/// Close code of who does not take what waits for it, as of the other sockets.
inline constexpr std::uint16_t kTooSlow = 4001;

/// What Socket.IO clients are told and held to.
struct Limits {
    std::chrono::milliseconds ping_interval{25'000};  ///< Contract §4.6.
    std::chrono::milliseconds ping_timeout{20'000};   ///< For the answer to a ping.

    /// For a client to say who it is, and for one that has left to come back.
    std::chrono::milliseconds join_timeout{45'000};

    /// From the WebSocket that is to take the place of polling to its doing so.
    std::chrono::milliseconds upgrade_timeout{10'000};

    std::size_t max_payload = 64U << 10U;  ///< From a client, in one request or one frame.
    std::size_t sessions = 4'096;          ///< More are answered 503.

    /// Of the clients of one address, which may be that of a whole school; more are answered 503.
    std::size_t address_sessions = 1'000;

    unsigned refusals = 8;  ///< Of one session; then it ends.

    // What may wait for one client; a slower one is closed.
    std::size_t queue_messages = 256;
    std::size_t queue_bytes = std::size_t{1} << 20U;
};

}  // namespace cellmon::socketio
