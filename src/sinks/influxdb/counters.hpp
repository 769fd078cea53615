#pragma once

#include <atomic>
#include <cstdint>

namespace cellmon::influxdb {

/// Since the start of the process; read by any thread.
struct Counters {
    std::atomic<std::uint64_t> connections = 0;
    std::atomic<std::uint64_t> posts = 0;
    std::atomic<std::uint64_t> points = 0;  ///< Posted, again or for the first time.
    std::atomic<std::uint64_t> line_bytes = 0;
    std::atomic<std::uint64_t> packed_bytes = 0;
    std::atomic<std::uint64_t> expired = 0;  ///< Older than what the database keeps.
    std::atomic<std::uint64_t> rewinds = 0;  ///< Its data were found older than they had been.
};

}  // namespace cellmon::influxdb
