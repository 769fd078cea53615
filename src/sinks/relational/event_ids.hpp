#pragma once

#include <cstdint>
#include <optional>

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
    /// `mended_through`: ids are put back where a store that has come so far has them, whatever had
    /// them before, and none are moved.
    static Result<EventIds> prepare(Database& database, const TableSet& tables,
                                    std::uint64_t merge_interval,
                                    std::optional<std::uint64_t> mended_through);

    /// An id that is there already is ErrorCode::invalid, at its merge at the latest.
    Result<void> add(const Id128& id, std::uint64_t sequence);

    /// Moves what is due behind the entry of that sequence.
    Result<void> merge_due(std::uint64_t sequence);

  private:
    EventIds(std::uint64_t merge_interval, std::optional<std::uint64_t> mended_through)
        : slices_(merge_interval), mended_through_(mended_through) {}

    Result<void> put_back(const Id128& id, std::uint64_t sequence);

    IdSlices slices_;
    std::optional<std::uint64_t> mended_through_;
    bool needed_ = false;
    Statement insert_;
    Statement insert_merged_;
    Statement remove_;
    Statement remove_merged_;
    Statement merge_;
    Statement clear_recent_;
};

}  // namespace cellmon::relational
