#pragma once

#include <cstdint>

#include "harness/load/class_run.hpp"
#include "harness/load/templates.hpp"

namespace cellmon::harness {

struct FloodOptions {
    std::size_t batch = 100;           ///< Events in a request.
    std::uint64_t events = 1'000'000;  ///< Ends when so many have been sent.
    double events_per_second =
        0;  ///< 0: as fast as the server takes it, one request under way on each connection.
    std::int64_t duration_us = 0;        ///< Ends after this real time; 0: no such bound.
    std::int64_t drain_us = 60'000'000;  ///< How long the last requests may take.
    static constexpr std::size_t kMaxBatch = 1'000;
};

/// Sends events by number over all connections of the pool. With a rate it is an open model: batch
/// n is due at n × batch / rate and its latency counts from then, also while all connections wait
/// for the server.
Result<void> run_flood(const EventTemplates& templates, HttpPool pool, const FloodOptions& options,
                       RunContext context);

}  // namespace cellmon::harness
