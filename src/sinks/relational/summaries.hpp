#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "event/execution_status.hpp"
#include "sinks/relational/array_text.hpp"
#include "sinks/relational/database.hpp"
#include "sinks/relational/event_tables.hpp"
#include "sinks/relational/placed_event.hpp"
#include "sinks/relational/string_map.hpp"
#include "sinks/relational/upserts.hpp"

namespace cellmon::relational {

/// Fills `streams` and `sessions`: for each text that groups a student's events, the first and last
/// time and the number of events. A group's id is the sequence of the event that first named it.
/// Sums, least and greatest values only, so that the order of events does not matter; written once
/// a batch.
class Groups {
  public:
    struct Group {
        std::int64_t first_sequence = 0;
        std::int64_t student_id = 0;
        std::string name;
        std::optional<std::string> predecessor;  ///< Streams only.
        TimeUs first_us = 0;
        TimeUs last_us = 0;
        std::int64_t highest_number = 0;  ///< Streams only.
        std::int64_t events = 0;
        bool changed = false;
        bool stored = false;  ///< The table has a row.
    };

    static Result<Groups> prepare_streams(Database& database, const TableSet& tables);
    static Result<Groups> prepare_sessions(Database& database, const TableSet& tables);

    /// An event of the batch names it: what is not known is asked for by look_up(), all at once.
    void expect(std::string_view name, std::int64_t student_id);
    Result<void> look_up();

    /// Counts the event into its group. The group is valid until trim().
    Result<const Group*> add(std::string_view name, std::int64_t student_id, std::int64_t sequence,
                             TimeUs event_time_us, std::int64_t number = 0,
                             std::optional<std::string_view> predecessor = std::nullopt);
    Result<void> flush();
    /// Whether it forgot what it knew.
    bool trim();
    void forget_expected();

  private:
    /// `name` is the column of the group's text, `columns` are those that read() reads.
    Result<void> prepare(Database& database, const TableSet& tables, std::string_view table,
                         std::string_view name, std::string_view columns);
    Result<Group*> find(std::string_view name, std::int64_t student_id, std::int64_t sequence,
                        TimeUs event_time_us);
    void make_key(std::string_view name, std::int64_t student_id);
    /// The columns behind `first` are those of the group.
    void read(const Statement& row, int first, Group& group) const;
    Result<void> write(Group& group);

    bool streams_ = false;
    Statement select_;
    Statement select_many_;
    Statement insert_;
    Upserts update_;
    StringMap<Group> groups_;
    std::vector<Group*> changed_;
    std::string key_;
    Expected<std::string> expected_;
    ArrayText students_;
    ArrayText names_;
};

/// Fills `daily_totals`: sums per student and day (UTC, of the event time), added up in memory and
/// written once a batch.
class DailyTotals {
  public:
    static Result<DailyTotals> prepare(Database& database, const TableSet& tables);

    void add(const PlacedEvent& placed, event::ExecutionStatus status, bool is_help_signal);
    Result<void> flush();

  private:
    struct Sums {
        std::int64_t events = 0;
        std::int64_t executions = 0;
        std::int64_t errors = 0;
        std::int64_t not_run = 0;
        std::int64_t duration_us = 0;
        std::int64_t help_signals = 0;
    };

    Upserts add_;
    std::map<std::pair<std::int64_t, std::int64_t>, Sums> sums_;  ///< By student and day.
};

}  // namespace cellmon::relational
