#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "event/event.hpp"

namespace cellmon::relational {

/// An event with the ids that its natural keys have in the store.
struct PlacedEvent {
    PlacedEvent(const event::Event& read, std::int64_t at, TimeUs received)
        : event(read), sequence(at), received_us(received) {}

    const event::Event& event;
    std::int64_t sequence = 0;
    TimeUs received_us = 0;
    std::int64_t student_id = 0;
    std::optional<std::int64_t> notebook_id;
    std::optional<std::int64_t> cell_id;
    std::optional<std::int64_t> session_id;  ///< Sequence of the session's first event.
    std::optional<std::int64_t>
        stream_id;  ///< Sequence of the stream's first event; set only together with its number.
    std::int64_t stream_number = 0;
    TimeUs stream_first_us = 0;  ///< The least event time seen in the stream.

    [[nodiscard]] std::optional<std::int64_t> number() const {
        return stream_id ? std::optional(stream_number) : std::nullopt;
    }
};

}  // namespace cellmon::relational
