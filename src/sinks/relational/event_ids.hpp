#pragma once

#include <cstdint>

#include "base/id128.hpp"
#include "base/result.hpp"
#include "sinks/relational/database.hpp"
#include "sinks/relational/event_tables.hpp"
#include "sinks/relational/id_slices.hpp"

namespace cellmon::relational {

/// SQLite's index of event ids. New ids go into a small table and from there, in sorted order, into
/// the large one: so a page of the large index is written once for many ids instead of once for
/// each. With PostgreSQL the column of `events` is unique by itself, and there is nothing to do.
class EventIds {
  public:
    static Result<EventIds> prepare(Database& database, const TableSet& tables,
                                    std::uint64_t merge_interval);

    /// An id that is there already is ErrorCode::invalid, at its merge at the latest.
    Result<void> add(const Id128& id, std::uint64_t sequence);

    /// Moves what is due behind the entry of that sequence.
    Result<void> merge_due(std::uint64_t sequence);

  private:
    explicit EventIds(std::uint64_t merge_interval) : slices_(merge_interval) {}

    IdSlices slices_;
    bool needed_ = false;
    Statement insert_;
    Statement merge_;
    Statement clear_recent_;
};

}  // namespace cellmon::relational
