#pragma once

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
    std::uint64_t batches = 0;
    std::uint64_t connects = 0;  ///< Successful attempts to open the store.
    std::uint64_t failures = 0;
    std::uint64_t dead_letters = 0;
    bool alarm = false;  ///< Stopped by an error that needs a person.
    std::string last_error;
    TimeUs last_error_us = 0;
};

}  // namespace cellmon::projection
