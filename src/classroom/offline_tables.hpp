#pragma once

#include <string_view>

namespace cellmon::classroom {

/// The step of the schema that makes the queue of offline work, and what the host's Python said of
/// itself. Events are the JSON that a client sent, with an id; `error`: the journal will never take
/// it. `offline_marks` has the times of what happens to the queue as a whole.
inline constexpr std::string_view kOfflineTables = R"sql(
CREATE TABLE offline_events (
    id {id},
    queue_id TEXT NOT NULL UNIQUE CHECK (length(queue_id) = 36),
    event TEXT NOT NULL,
    class_code TEXT NOT NULL CHECK (length(class_code) <= 128),
    event_type TEXT,
    user_id TEXT,
    priority BIGINT NOT NULL CHECK (priority BETWEEN 1 AND 3),
    created_us BIGINT NOT NULL,
    retry_count BIGINT NOT NULL,
    last_retry_us BIGINT,
    error TEXT
);
CREATE TABLE offline_marks (
    name TEXT PRIMARY KEY,
    at_us BIGINT NOT NULL
);
CREATE TABLE host_environments (
    id {id},
    snapshot_id TEXT NOT NULL UNIQUE CHECK (length(snapshot_id) = 36),
    captured_us BIGINT NOT NULL,
    report TEXT NOT NULL,
    collection_ms DOUBLE PRECISION NOT NULL,
    notebook_path TEXT CHECK (length(notebook_path) <= 600),
    cell_id TEXT CHECK (length(cell_id) <= 256),
    execution_count BIGINT
);
CREATE INDEX host_environments_at ON host_environments (captured_us);
)sql";

}  // namespace cellmon::classroom
