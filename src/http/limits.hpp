#pragma once

#include <chrono>
#include <cstddef>

namespace cellmon::http {

/// Named limits of the listener; each has a line in docs/reference/configuration.md.
struct ServerLimits {
    /// Beyond it a new connection takes the place of one whose client says nothing; without one it
    /// is answered 503 and closed.
    std::size_t max_connections = 12'000;

    /// Of the places that WebSockets have, those for the clients of one address; more is 503. A
    /// class may sit behind one address, and everybody behind that of a proxy.
    std::size_t address_websockets = 4'000;

    std::size_t header_bytes = 16U << 10U;    ///< Request line and header fields; more is 431.
    std::size_t body_bytes = 32U << 20U;      ///< A body as it travels; more is 413.
    std::size_t inflated_bytes = 32U << 20U;  ///< A gzip body unpacked; more is 413.

    /// Bodies of all requests from their first byte to the answer; more is 503 with Retry-After.
    std::size_t body_bytes_in_flight = 256U << 20U;

    /// Answers of more than a few bytes that clients have not taken yet; for more the slowest of
    /// them are cut off, else it is 503 with Retry-After.
    std::size_t answer_bytes_in_flight = 256U << 20U;

    /// From the first byte of a request to the end of its header.
    std::chrono::milliseconds header_timeout{15'000};

    /// A body may take this long plus its received size divided by `body_min_bytes_per_s`.
    std::chrono::milliseconds body_timeout{30'000};
    std::size_t body_min_bytes_per_s = 16U << 10U;

    std::chrono::milliseconds idle_timeout{75'000};   ///< Between requests of a connection.
    std::chrono::milliseconds write_timeout{30'000};  ///< For a client to take the next bytes.
    std::chrono::milliseconds stop_timeout{3'000};    ///< For requests in flight at a stop.

    std::size_t websocket_message_bytes = 64U << 10U;  ///< From a client; more is closed with 1009.

    /// A client silent for this long is sent a ping; silent for as long again it is cut off.
    std::chrono::milliseconds websocket_ping{20'000};
};

}  // namespace cellmon::http
