#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sinks/relational/database.hpp"
#include "sinks/relational/event_tables.hpp"
#include "sinks/relational/placed_event.hpp"

namespace cellmon::relational {

/// The order of events within a student and key (a cell, or the help button): by `(order_us,
/// sequence)`.
///
/// `order_us` is the event time, but within one stream it grows with the stream's number whatever
/// the client's clock did: it is the greater of the event time and the `order_us` of the number
/// before plus one. So it depends on which events there are, never on the order in which they came,
/// and an index can hold it.
class StreamOrder {
  public:
    /// The event with the highest number of its stream so far.
    struct End {
        std::int64_t number = 0;
        TimeUs order_us = 0;
    };

    /// What is known of the rows of a key without asking for them.
    struct Known {
        std::optional<std::int64_t> stream_id;  ///< A stream whose end is `end`.
        End end;
        std::int64_t newest = 0;  ///< No row has a greater sequence.
    };

    /// Bounds of what an event moved.
    struct Span {
        TimeUs from_us = 0;
        TimeUs through_us = 0;
    };

    /// `table` has the columns sequence, student_id, order_us, stream_id and stream_number;
    /// `time_column` holds the event time, `filter` selects the rows of the key `?2`.
    static Result<StreamOrder> prepare(Database& database, const TableSet& tables,
                                       std::string_view table, std::string_view time_column,
                                       std::string_view filter);

    /// The end of the event's stream among the rows of the key. Asked for only when it is not
    /// known: a stream that began behind all rows has none.
    Result<std::optional<End>> end_of(const PlacedEvent& placed, std::int64_t key,
                                      const Known& known);

    /// Orders the event's stream again; the event's row must be in the table, with its event time
    /// for order.
    Result<Span> reorder(const PlacedEvent& placed, std::int64_t key);

  private:
    Statement select_end_;
    Statement select_stream_;
    Statement update_;
};

}  // namespace cellmon::relational
