#include "sinks/relational/stream_order.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace cellmon::relational {

Result<StreamOrder> StreamOrder::prepare(Database& database, const TableSet& tables,
                                         std::string_view table, std::string_view time_column,
                                         std::string_view filter) {
    StreamOrder order;
    const std::string name = tables.sql("%") + std::string(table);
    // No order_us of a stream is less than its first event time, which keeps the search short.
    const std::string rows = " FROM " + name + " WHERE student_id = ?1 AND " + std::string(filter) +
                             " AND stream_id = ?3 AND order_us >= ?4 ORDER BY stream_number";
    CELLMON_TRY_ASSIGN(order.select_end_, database.prepare("SELECT stream_number, order_us" + rows +
                                                           " DESC, sequence DESC LIMIT 1"));
    CELLMON_TRY_ASSIGN(order.select_stream_,
                       database.prepare("SELECT sequence, " + std::string(time_column) +
                                        ", order_us" + rows + ", sequence"));
    CELLMON_TRY_ASSIGN(order.update_,
                       database.prepare("UPDATE " + name + " SET order_us = ? WHERE sequence = ?"));
    return order;
}

Result<std::optional<StreamOrder::End>> StreamOrder::end_of(const PlacedEvent& placed,
                                                            std::int64_t key, const Known& known) {
    if (known.stream_id == placed.stream_id) return known.end;
    std::optional<End> end;
    if (*placed.stream_id > known.newest) return end;
    CELLMON_TRY(
        select_end_.first([&](const Statement& row) { end = End{row.integer(0), row.integer(1)}; },
                          placed.student_id, key, placed.stream_id, placed.stream_first_us));
    return end;
}

Result<StreamOrder::Span> StreamOrder::reorder(const PlacedEvent& placed, std::int64_t key) {
    struct Row {
        std::int64_t sequence;
        TimeUs time_us;
        TimeUs order_us;
    };
    std::vector<Row> rows;
    CELLMON_TRY(select_stream_.each(
        [&](const Statement& row) {
            rows.push_back({row.integer(0), row.integer(1), row.integer(2)});
        },
        placed.student_id, key, placed.stream_id, placed.stream_first_us));

    Span span{placed.event.event_time_us, placed.event.event_time_us};
    std::optional<TimeUs> before_us;
    for (const Row& row : rows) {
        const TimeUs order_us = before_us ? std::max(row.time_us, *before_us + 1) : row.time_us;
        before_us = order_us;
        if (order_us == row.order_us) continue;
        CELLMON_TRY(update_.run(order_us, row.sequence));
        span.from_us = std::min({span.from_us, order_us, row.order_us});
        span.through_us = std::max({span.through_us, order_us, row.order_us});
    }
    return span;
}

}  // namespace cellmon::relational
