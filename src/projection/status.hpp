#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "journal/cursor.hpp"

namespace cellmon::projection {

enum class State : std::uint8_t {
    starting,     ///< Not connected yet.
    running,      ///< All durable entries are applied, or nearly.
    catching_up,  ///< Full batches are waiting.
    retrying,     ///< The last attempt failed; it will be repeated by itself.
    stopped,      ///< Stopped with an alarm (`last_error`), or because the server ends.
};

/// The name as in GET /api/v1/projections.
[[nodiscard]] std::string_view name_of(State state);

/// How many batches were how large.
struct BatchSizes {
    static constexpr std::array<std::size_t, 6> kUpperBounds{1, 10, 100, 1'000, 10'000, 100'000};

    void count(std::size_t events) {
        const auto* const bound = std::ranges::lower_bound(kUpperBounds, events);
        if (bound != kUpperBounds.end()) {
            ++counts[static_cast<std::size_t>(bound - kUpperBounds.begin())];
        }
        ++all;
    }

    std::array<std::uint64_t, kUpperBounds.size()> counts{};  ///< Up to each bound, above the last.
    std::uint64_t all = 0;
};

/// What GET /api/v1/projections shows of one projection.
struct ProjectionStatus {
    std::string name;
    State state = State::starting;
    bool rebuilding = false;
    journal::Cursor cursor;
    std::uint64_t durable_sequence = 0;
    std::uint64_t lag_events = 0;
    double lag_seconds = 0;        ///< Age of the oldest entry that is not applied.
    double events_per_second = 0;  ///< Applied, over the last seconds.
    std::uint64_t applied = 0;     ///< Entries applied since the start of the process.
    BatchSizes batches;
    std::uint64_t connects = 0;  ///< Successful attempts to open the store.
    std::uint64_t failures = 0;
    std::uint64_t dead_letters = 0;
    std::uint64_t objections = 0;  ///< Batches that were applied anew entry by entry.
    bool alarm = false;            ///< Stopped by an error that needs a person.
    std::string last_error;
    TimeUs last_error_us = 0;
};

}  // namespace cellmon::projection
