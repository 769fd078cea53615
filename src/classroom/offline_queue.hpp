#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"

// Events that wait for the journal: rows of `offline_events`. Each function is a part of the
// caller's transaction.
namespace cellmon::classroom {

inline constexpr std::int64_t kMostQueued = 1'000;  ///< As contract §3.14 has it.

struct QueuedEvent {
    std::int64_t id = 0;
    std::string queue_id;         ///< A UUID.
    std::string event;            ///< A JSON object with an eventId.
    std::string class_code = {};  ///< Of the class whose key it came with; empty: none.
    std::optional<std::string> event_type = std::nullopt;
    std::optional<std::string> user_id = std::nullopt;
    std::int64_t priority = 1;  ///< 3 goes first.
    TimeUs created_us = 0;
    std::int64_t retry_count = 0;
    std::optional<TimeUs> last_retry_us = std::nullopt;
    std::optional<std::string> error = std::nullopt;  ///< Why it was refused.
    /// Of the event as it was sent; nullopt: a program that held nothing back has stored it.
    std::optional<std::uint64_t> content_hash = std::nullopt;
};

/// ErrorCode::limit when there would be more than kMostQueued, those that failed too.
Result<void> enqueue(sql::Connection& connection, std::span<const QueuedEvent> events);

/// The most urgent first, then the oldest; all of them, which are kMostQueued at most.
/// `with_failed`: those too that were refused before.
Result<std::vector<QueuedEvent>> list_queued(sql::Connection& connection, bool with_failed);

/// Those with these queue ids.
Result<std::vector<QueuedEvent>> find_queued(sql::Connection& connection,
                                             std::span<const std::string> queue_ids);

/// By id.
Result<std::vector<QueuedEvent>> list_failed(sql::Connection& connection);

Result<void> remove_queued(sql::Connection& connection, std::span<const std::int64_t> ids);

/// It was tried once more; `error`: and refused, nullopt: it stays.
Result<void> note_retry(sql::Connection& connection, std::int64_t id,
                        const std::optional<std::string>& error, TimeUs now);

struct QueueCounts {
    std::array<std::int64_t, 3> waiting{};  ///< By priority, from 1.
    std::int64_t failed = 0;

    [[nodiscard]] std::int64_t all_waiting() const { return waiting[0] + waiting[1] + waiting[2]; }
};
Result<QueueCounts> count_queue(sql::Connection& connection);
Result<void> clear_queue(sql::Connection& connection);

/// When it was last tried to empty the queue.
Result<std::optional<TimeUs>> last_sync(sql::Connection& connection);
Result<void> note_sync(sql::Connection& connection, TimeUs now);

}  // namespace cellmon::classroom
