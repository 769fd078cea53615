#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "harness/audit/auditor.hpp"

namespace cellmon::harness {

/// Visits the rows of the `events` table of the SQLite file `path` up to `last_sequence`, in their
/// order, read only and in one transaction. Reads sequence, event_id, event_type, event_time_us and
/// content_hash, and the row of `cell_executions` of the same sequence. Not_found when there is no
/// such file.
Result<void> read_event_table(const std::string& path, std::uint64_t last_sequence,
                              const std::function<void(const StoredRow&)>& visit);

/// The sequence up to which the tables hold the journal (`projection_state`); 0 before the first
/// batch.
Result<std::uint64_t> table_cursor(const std::string& path);

}  // namespace cellmon::harness
