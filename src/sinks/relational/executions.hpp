#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "event/execution_status.hpp"
#include "sinks/relational/array_text.hpp"
#include "sinks/relational/database.hpp"
#include "sinks/relational/event_tables.hpp"
#include "sinks/relational/placed_event.hpp"
#include "sinks/relational/recent_runs.hpp"
#include "sinks/relational/stream_order.hpp"
#include "sinks/relational/string_map.hpp"
#include "sinks/relational/upserts.hpp"

namespace cellmon::relational {

/// Fills cell_executions and cell_states, with the error streaks of classroom-api.md §10.1: the
/// number of errors in a row of one student in one cell (by the cell's id, in whatever notebook); a
/// success ends it, runs that did not happen leave it alone.
///
/// An event that comes last in its order, or a little late, costs one insert; the newest runs are
/// in memory. Where one of a batch came later, flush() counts the rows behind it again, once for
/// all of the batch.
class Executions {
  public:
    static Result<Executions> prepare(Database& database, const TableSet& tables,
                                      std::int64_t significant_errors);

    /// Such an event is in the batch: what is not known of its cell is asked for by look_up(), all
    /// at once. All rows are of sequences through `newest`.
    void expect(std::int64_t student_id, const event::Event& event);
    Result<void> look_up(std::int64_t newest);

    /// `status` is not `none`.
    Result<void> add(const PlacedEvent& placed, event::ExecutionStatus status);
    /// Writes what add() has put off; until then the streaks from a late row on are not right.
    Result<void> flush();
    /// Whether it forgot what it knew.
    bool trim();
    void forget_expected();

  private:
    /// A row of cell_states: what is known of one student in one cell.
    struct CellState {
        std::optional<std::int64_t> cell_id;
        std::int64_t successes = 0;
        std::int64_t errors = 0;
        std::int64_t streak = 0;
        TimeUs last_order_us = 0;
        std::int64_t last_sequence = 0;  ///< 0: no execution yet.
        StreamOrder::Known known;
        RecentRuns recent;  ///< Not used while there is something uncounted.
        std::optional<StreamOrder::Span> uncounted;  ///< Late rows of this batch lie within it.
        bool changed = false;
        bool stored = false;  ///< The table has a row.
    };
    struct CellKey {
        std::int64_t student_id = 0;
        std::int64_t cell_key = 0;
        bool operator==(const CellKey&) const = default;
    };
    struct CellKeyHash {
        std::size_t operator()(const CellKey& key) const noexcept;
    };
    /// Where an event belongs in the order of its cell.
    struct Place {
        TimeUs order_us = 0;
        bool late = false;            ///< Rows behind it exist.
        bool late_in_stream = false;  ///< Rows of its own stream behind it exist.
    };

    /// `newest`: no row of the cell has a greater sequence.
    static void read(const Statement& row, std::int64_t newest, CellState& state);
    Result<CellState*> state_of(const CellKey& key, std::int64_t sequence);
    Result<Place> place(const PlacedEvent& placed, std::int64_t cell_key, CellState& state);
    Result<void> insert(const PlacedEvent& placed, event::ExecutionStatus status,
                        std::int64_t cell_key, TimeUs order_us, std::int64_t streak);
    Result<void> write_streak(std::int64_t sequence, std::int64_t streak);
    Result<void> count_again(const CellKey& key, StreamOrder::Span span, CellState& state);

    std::int64_t significant_errors_ = 0;
    StreamOrder order_;
    Statement insert_;
    Statement select_state_;
    Statement select_states_;
    Statement insert_state_;
    Upserts update_states_;
    Statement select_streak_before_;
    Statement select_behind_;
    Upserts update_streaks_;
    std::unordered_map<CellKey, CellState, CellKeyHash> states_;
    std::vector<std::pair<const CellKey, CellState>*> changed_;
    Expected<CellKey, CellKeyHash> expected_;
    ArrayText students_;
    ArrayText cells_;
};

}  // namespace cellmon::relational
