#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "telemetry/metrics.hpp"

namespace cellmon::http {

/// What the listener counts. One writer (an I/O thread), any number of readers.
class ProbeCounter {
  public:
    void add(std::uint64_t amount) {
        // A single writer needs no atomic addition, only an atomic store.
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// The upper bounds of the latency histogram, microseconds; one more bucket holds what is above.
inline constexpr std::array<std::int64_t, 14> kLatencyBounds_us = {
    100,    250,    500,     1'000,   2'500,     5'000,     10'000,
    25'000, 50'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000};

/// The counters of one I/O thread.
struct alignas(64) HttpProbe {
    std::array<ProbeCounter, 5> requests_by_class;  ///< 1xx … 5xx.
    ProbeCounter bytes_in;
    ProbeCounter bytes_out;
    ProbeCounter connections_opened;
    ProbeCounter connections_closed;
    ProbeCounter connections_refused;   ///< Beyond max_connections, or what WebSockets have.
    ProbeCounter connections_given_up;  ///< Silent ones, for others; slow ones, for answers.
    ProbeCounter timeouts;
    ProbeCounter bodies_refused;   ///< Beyond body_bytes_in_flight.
    ProbeCounter answers_refused;  ///< Beyond answer_bytes_in_flight.
    ProbeCounter websockets_opened;
    ProbeCounter websockets_closed;
    ProbeCounter websocket_messages_in;
    ProbeCounter websocket_messages_out;  ///< With pings, pongs and closes.
    ProbeCounter websocket_bytes_in;  ///< Frames as they travel; part of bytes_in and bytes_out.
    ProbeCounter websocket_bytes_out;
    std::array<ProbeCounter, kLatencyBounds_us.size() + 1> latency;
    ProbeCounter latency_sum_us;

    /// One answered request, `latency_us` after its first byte.
    void answered(unsigned status, std::int64_t latency_us);
};

/// The probes of all threads as metric families named `cellmon_http_…`.
[[nodiscard]] std::vector<telemetry::MetricFamily> metric_families(
    const std::vector<const HttpProbe*>& probes, std::size_t body_bytes_in_flight,
    std::size_t answer_bytes_in_flight);

}  // namespace cellmon::http
