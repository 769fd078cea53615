#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "event/event_reader.hpp"
#include "journal/reader.hpp"
#include "sinks/sqlite/database.hpp"
#include "sinks/sqlite/event_tables.hpp"
#include "sinks/sqlite/executions.hpp"
#include "sinks/sqlite/help.hpp"
#include "sinks/sqlite/id_slices.hpp"
#include "sinks/sqlite/registry.hpp"
#include "sinks/sqlite/summaries.hpp"

namespace cellmon::sqlite {

/// What shapes the rows, besides the entries.
struct WriterSettings {
    std::int64_t significant_errors = 3;

    /// New ids go into a small table and from there, in sorted order, into the large one: so a page
    /// of the large index is written once for many ids instead of once for each. An id moves within
    /// so many sequences, a slice of all ids at a time (IdSlices), so that no merge takes long. The
    /// same for a store and its rebuild; tests make it small.
    std::uint64_t id_merge_interval = 262'144;
};

/// Folds journal entries into one copy of the event tables, inside transactions of its owner. Its
/// caches hold what the transaction has not committed yet: after a rollback throw the object away.
class EventWriter {
  public:
    static Result<EventWriter> prepare(Database& database, const TableSet& tables,
                                       const WriterSettings& settings);

    /// Entries in sequence order. ErrorCode::corrupt when rows are there already, or an id for the
    /// second time, which is seen at the next merge at the latest: then store and journal
    /// contradict each other.
    Result<void> add(const journal::Entry& entry);

    /// Writes what is summed up in memory; before the commit.
    Result<void> flush();

    /// Bounds the caches; after the commit.
    void trim();

    /// Entries that were put into dead_letters since the object was made.
    [[nodiscard]] std::uint64_t dead_letters() const { return dead_letters_; }

  private:
    EventWriter(IdSlices id_slices, Registry registry, Executions executions, Help help,
                Groups streams, Groups sessions, DailyTotals totals);

    Result<void> add_event(const journal::Entry& entry);
    Result<PlacedEvent> place(const event::Event& event, const journal::EntryHeader& header);
    Result<void> add_details(const PlacedEvent& placed);
    Result<void> add_id(const journal::EntryHeader& header);
    Result<void> merge_ids(const IdSlices::Range& range);
    Result<void> add_dead_letter(const journal::Entry& entry, const Error& error);

    event::EventReader reader_;
    IdSlices id_slices_;
    Registry registry_;
    Executions executions_;
    Help help_;
    Groups streams_;
    Groups sessions_;
    DailyTotals totals_;
    Statement insert_event_;
    Statement insert_id_;
    Statement merge_ids_;
    Statement clear_recent_ids_;
    Statement insert_access_;
    Statement insert_signal_;
    Statement insert_quarantine_;
    Statement insert_dead_letter_;
    std::uint64_t dead_letters_ = 0;
};

}  // namespace cellmon::sqlite
