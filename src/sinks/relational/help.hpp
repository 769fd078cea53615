#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "sinks/relational/database.hpp"
#include "sinks/relational/event_tables.hpp"
#include "sinks/relational/placed_event.hpp"
#include "sinks/relational/stream_order.hpp"

namespace cellmon::relational {

/// A client repeats `help` every 10 s; without news for this long a request has expired
/// (classroom-api.md §10.3).
inline constexpr TimeUs kHelpExpiresUs = 300'000'000;

/// Fills help_signals (one row per `help` and `help_stop`) and help_requests (one row per time of
/// asking).
///
/// A request is opened by a `help` when none is open, kept alive by further ones, closed by
/// `help_stop`, or by expiry, which is written when the next signal shows it: closed_us =
/// last_seen_us + kHelpExpiresUs. All times are `order_us`. A request that nothing followed has no
/// closed_us; whoever asks compares last_seen_us with the clock.
///
/// Requests are written at flush(): a request of a thousand signals, or a thousand late signals of
/// one student, cost one fold and one row a batch.
class Help {
  public:
    static Result<Help> prepare(Database& database, const TableSet& tables);

    /// A signal of the student is in the batch: what is not known of them is asked for by
    /// look_up(), all at once. All rows are of sequences through `newest`.
    void expect(std::int64_t student_id);
    Result<void> look_up(std::int64_t newest);

    Result<void> add(const PlacedEvent& placed, bool is_on);

    /// Writes what has changed since the last call.
    Result<void> flush();
    /// Whether it forgot what it knew.
    bool trim();
    void forget_expected() { expected_.clear(); }

  private:
    struct Request {
        std::int64_t opened_sequence = 0;
        TimeUs opened_us = 0;
        TimeUs last_seen_us = 0;
        std::int64_t signals = 0;
        std::optional<std::int64_t> notebook_id;
        std::optional<std::string> note;
    };
    struct Signal {
        std::int64_t sequence = 0;
        TimeUs order_us = 0;
        bool is_on = false;
        std::optional<std::int64_t> notebook_id;
        std::optional<std::string> note;
    };
    struct Student {
        bool any = false;
        TimeUs last_order_us = 0;
        StreamOrder::Known known;
        std::optional<Request> open;
        std::optional<TimeUs> late_from_us;  // All from here on is folded anew at flush().
        bool changed = false;                // In changed_.
    };

    Result<Student*> student(std::int64_t student_id, std::int64_t sequence);
    Result<void> read_open(std::int64_t student_id, Student& student);
    Result<void> fold(std::int64_t student_id, Student& student, const Signal& signal);
    Result<void> write(std::int64_t student_id, const Request& request,
                       std::optional<TimeUs> closed_us, std::optional<std::string_view> closed_by,
                       std::optional<std::int64_t> closed_sequence);
    Result<void> write_open(std::int64_t student_id, const Student& student);
    Result<void> fold_again(std::int64_t student_id, Student& student);

    StreamOrder order_;
    Statement insert_signal_;
    Statement select_last_;
    Statement select_many_;
    Statement select_open_;
    Statement replace_request_;
    Statement select_request_before_;
    Statement delete_requests_;
    Statement select_signals_;
    std::unordered_map<std::int64_t, Student> students_;
    std::vector<std::int64_t> changed_;   // Students.
    std::vector<std::int64_t> expected_;  // Not known, some of them several times.
};

}  // namespace cellmon::relational
