#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace cellmon::redis {

/// Named limits; each has a line in docs/reference/configuration.md.
struct RedisOptions {
    std::string url;  ///< Empty: no Redis. Holds a password: for no message and no log.
    std::chrono::milliseconds timeout{5'000};       ///< For each reply.
    std::uint64_t stream_events = 100'000;          ///< The newest entries, which the stream keeps.
    std::chrono::milliseconds checkpoint{10'000};   ///< Between two pictures for followers.
    std::chrono::milliseconds publish_age{10'000};  ///< Of what is still told to subscribers.
    std::size_t transaction_events = 1'000;
    std::size_t transaction_bytes = 1U << 20U;  ///< Of payloads; one entry may exceed it.
};

}  // namespace cellmon::redis
