#include "classroom/offline_queue.hpp"

#include "sql/conditions.hpp"
#include "sql/many_rows.hpp"

namespace cellmon::classroom {
namespace {

using sql::Type;
using sql::Value;

constexpr std::string_view kSelectOfflineQueue =
    "SELECT q.id, q.queue_id, q.event, q.class_code, q.event_type, q.user_id, q.priority, "
    "q.created_us, q.retry_count, q.last_retry_us, q.error, q.content_hash FROM offline_events q";

constexpr std::string_view kSync = "sync";

/// The databases have signed numbers only.
std::optional<std::uint64_t> hash_of(std::optional<std::int64_t> stored) {
    if (!stored) return std::nullopt;
    return static_cast<std::uint64_t>(*stored);
}

std::optional<std::int64_t> stored_hash(std::optional<std::uint64_t> hash) {
    if (!hash) return std::nullopt;
    return static_cast<std::int64_t>(*hash);
}

std::vector<QueuedEvent> events_of(const sql::Rows& rows) {
    std::vector<QueuedEvent> events;
    events.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        events.push_back({row.integer(0), row.text(1), row.text(2), row.text(3),
                          row.optional_text(4), row.optional_text(5), row.integer(6),
                          row.integer(7), row.integer(8), row.optional_integer(9),
                          row.optional_text(10), hash_of(row.optional_integer(11))});
    }
    return events;
}

}  // namespace

Result<void> enqueue(sql::Connection& connection, std::span<const QueuedEvent> events) {
    static const sql::ManyRows kStore(
        "INSERT INTO offline_events (queue_id, event, class_code, event_type, user_id, priority, "
        "created_us, content_hash, retry_count) SELECT column1, column2, column3, column4, "
        "column5, column6, column7, column8, 0 FROM (",
        {Type::text, Type::text, Type::text, Type::text, Type::text, Type::integer, Type::integer,
         Type::integer},
        ") AS v");
    if (events.empty()) return {};
    CELLMON_TRY_ASSIGN(const auto count, connection.run("SELECT count(*) FROM offline_events"));
    if (count.front().integer(0) + static_cast<std::int64_t>(events.size()) > kMostQueued) {
        return fail(ErrorCode::limit, "the queue is full");
    }
    std::vector<Value> values;
    for (const QueuedEvent& event : events) {
        values.emplace_back(event.queue_id);
        values.emplace_back(event.event);
        values.emplace_back(event.class_code);
        values.emplace_back(event.event_type);
        values.emplace_back(event.user_id);
        values.emplace_back(event.priority);
        values.emplace_back(event.created_us);
        values.emplace_back(stored_hash(event.content_hash));
    }
    CELLMON_TRY(kStore.run(connection, values));
    return {};
}

Result<std::vector<QueuedEvent>> list_queued(sql::Connection& connection, bool with_failed) {
    std::string text(kSelectOfflineQueue);
    if (!with_failed) text += " WHERE q.error IS NULL";
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(text + " ORDER BY q.priority DESC, q.id"));
    return events_of(rows);
}

Result<std::vector<QueuedEvent>> find_queued(sql::Connection& connection,
                                             std::span<const std::string> queue_ids) {
    static const sql::ManyRows kFind(std::string(kSelectOfflineQueue) + " JOIN (", {Type::text},
                                     ") AS v ON v.column1 = q.queue_id");
    if (queue_ids.empty()) return std::vector<QueuedEvent>();
    const std::vector<Value> values(queue_ids.begin(), queue_ids.end());
    CELLMON_TRY_ASSIGN(const auto rows, kFind.run(connection, values));
    return events_of(rows);
}

Result<std::vector<QueuedEvent>> list_failed(sql::Connection& connection) {
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(std::string(kSelectOfflineQueue) +
                                                       " WHERE q.error IS NOT NULL ORDER BY q.id"));
    return events_of(rows);
}

Result<void> remove_queued(sql::Connection& connection, std::span<const std::int64_t> ids) {
    static const sql::ManyRows kRemove(
        "DELETE FROM offline_events WHERE id IN (SELECT column1 FROM (", {Type::integer},
        ") AS v)");
    if (ids.empty()) return {};
    const std::vector<Value> values(ids.begin(), ids.end());
    CELLMON_TRY(kRemove.run(connection, values));
    return {};
}

Result<void> note_retry(sql::Connection& connection, std::int64_t id,
                        const std::optional<std::string>& error, TimeUs now) {
    CELLMON_TRY(
        connection.run("UPDATE offline_events SET retry_count = retry_count + 1, "
                       "last_retry_us = $2, error = $3 WHERE id = $1",
                       id, now, error));
    return {};
}

Result<QueueCounts> count_queue(sql::Connection& connection) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT priority, count(*) FILTER (WHERE error IS NULL), "
                       "count(*) FILTER (WHERE error IS NOT NULL) FROM offline_events GROUP BY "
                       "priority"));
    QueueCounts counts;
    for (const sql::Row& row : rows.rows) {
        counts.waiting.at(static_cast<std::size_t>(row.integer(0) - 1)) = row.integer(1);
        counts.failed += row.integer(2);
    }
    return counts;
}

Result<void> clear_queue(sql::Connection& connection) {
    CELLMON_TRY(connection.run("DELETE FROM offline_events"));
    return {};
}

Result<std::optional<TimeUs>> last_sync(sql::Connection& connection) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       connection.run("SELECT at_us FROM offline_marks WHERE name = $1", kSync));
    if (rows.empty()) return std::nullopt;
    return rows.front().integer(0);
}

Result<void> note_sync(sql::Connection& connection, TimeUs now) {
    CELLMON_TRY(
        connection.run("INSERT INTO offline_marks (name, at_us) VALUES ($1, $2) ON CONFLICT (name) "
                       "DO UPDATE SET at_us = excluded.at_us",
                       kSync, now));
    return {};
}

}  // namespace cellmon::classroom
