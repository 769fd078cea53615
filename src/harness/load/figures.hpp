#pragma once

#include <cstdint>

#include "base/histogram.hpp"

namespace cellmon::harness {

/// What a run has seen so far. Events are counted once each, however often they were sent.
struct Figures {
    std::uint64_t offered = 0;     ///< Of a class: events that came due, sent or waiting.
    std::uint64_t sent = 0;        ///< Events that went out at least once.
    std::uint64_t acked = 0;       ///< Stored for the first time, as the server says.
    std::uint64_t duplicates = 0;  ///< The server had them before.
    std::uint64_t refused = 0;
    std::uint64_t unknown = 0;      ///< Left without a promise at the end of the run.
    std::uint64_t posts = 0;        ///< Requests, each attempt counted.
    std::uint64_t unavailable = 0;  ///< Attempts answered with 5xx.
    std::uint64_t unanswered = 0;   ///< Attempts without an answer.
    double seconds = 0;             ///< Length of the run in real time.
    Histogram
        latency;  ///< Of a post, from the time it should have gone out to its settling answer.
    Histogram service;  ///< Of the attempt that settled it, from its sending to its answer.
    Histogram
        lag;  ///< Of a class: from when a client's post was due until the sender turned to it.

    [[nodiscard]] std::uint64_t promised() const { return acked + duplicates; }
    [[nodiscard]] double events_per_second() const {
        return seconds > 0 ? static_cast<double>(promised()) / seconds : 0;
    }
};

}  // namespace cellmon::harness
