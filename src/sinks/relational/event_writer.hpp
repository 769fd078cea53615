#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "event/event_reader.hpp"
#include "journal/reader.hpp"
#include "projection/batch.hpp"
#include "sinks/relational/database.hpp"
#include "sinks/relational/event_ids.hpp"
#include "sinks/relational/event_tables.hpp"
#include "sinks/relational/executions.hpp"
#include "sinks/relational/help.hpp"
#include "sinks/relational/registry.hpp"
#include "sinks/relational/summaries.hpp"

namespace cellmon::relational {

/// What the row of an event is called whose payload was erased.
inline constexpr std::string_view kRedactedType = "redacted";

/// What shapes the rows, besides the entries.
struct WriterSettings {
    std::int64_t significant_errors = 3;

    /// Within so many sequences an id moves into SQLite's large index (EventIds), a slice of all
    /// ids at a time, so that no merge takes long. The same for a store and its rebuild; tests make
    /// it small.
    std::uint64_t id_merge_interval = 262'144;

    /// Set: rows are put back into a store that has come so far already (mend.hpp).
    std::optional<std::uint64_t> mended_through{};
};

/// The error of one entry.
[[nodiscard]] Error at_sequence(Error error, std::uint64_t sequence);

/// Folds journal entries into one copy of the event tables, inside transactions of its owner. Its
/// caches hold what the transaction has not committed yet: after a rollback throw the object away.
class EventWriter {
  public:
    static Result<EventWriter> prepare(Database& database, const TableSet& tables,
                                       const WriterSettings& settings);

    /// Entries in sequence order, all or (mended_through) those of some students.
    /// ErrorCode::already_exists when rows are there already, or an id for the second time, invalid
    /// when the store does not take a value. SQLite sees a second id at its next merge at the
    /// latest; of PostgreSQL it may be the error of a later call, or of the commit.
    Result<void> add(const journal::Entry& entry);

    /// The first `count` of these come next: what is not known of their students, notebooks, cells,
    /// sessions and streams is asked for at once, where questions are dear.
    Result<void> look_ahead(const projection::Batch& batch, std::size_t count);

    /// The first `count` of these will be looked ahead to when what was added is committed: notes
    /// what will have to be asked for. Asks and writes nothing.
    void expect(const projection::Batch& batch, std::size_t count);

    /// Whether the store has what the entry is about; then its rows are all there, as they come in
    /// one transaction. ErrorCode::corrupt when another event lies in its place.
    Result<bool> holds(const journal::Entry& entry);

    /// Puts an entry that the store does not take into dead_letters.
    Result<void> put_aside(const journal::Entry& entry, const Error& error);

    /// Writes what is summed up in memory; before the commit.
    Result<void> flush();

    /// Bounds the caches; after the commit.
    void trim();

    /// Entries that were put into dead_letters since the object was made.
    [[nodiscard]] std::uint64_t dead_letters() const { return dead_letters_; }

  private:
    EventWriter(EventIds ids, Registry registry, Executions executions, Help help, Groups streams,
                Groups sessions, DailyTotals totals);

    /// Notes what is not known of the event; false when its student or notebook has no id yet.
    bool expect_known(const event::Event& event, const journal::EntryHeader& header);
    Result<void> get_ids(const event::Event& event, const journal::EntryHeader& header);
    const event::Event* read(const journal::Entry& entry);
    void forget_expected();
    Result<void> add_event(const journal::Entry& entry);
    Result<PlacedEvent> place(const event::Event& event, const journal::EntryHeader& header);
    Result<void> add_details(const PlacedEvent& placed);

    /// The batch that expect() was called for.
    struct Expected {
        journal::Cursor before;
        std::size_t entries = 0;           ///< The first so many of it are noted,
        std::vector<std::size_t> without;  ///< but for these.
    };

    bool looks_ahead_ = false;
    std::optional<Expected> expected_;
    event::EventReader reader_;
    EventIds ids_;
    Registry registry_;
    Executions executions_;
    Help help_;
    Groups streams_;
    Groups sessions_;
    DailyTotals totals_;
    Statement insert_event_;
    Statement insert_access_;
    Statement insert_signal_;
    Statement insert_quarantine_;
    Statement insert_dead_letter_;
    Statement select_place_;
    std::uint64_t dead_letters_ = 0;
};

}  // namespace cellmon::relational
