#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id128.hpp"
#include "base/result.hpp"

namespace cellmon::store {

/// What a chart spans, in windows of 5 minutes, 1 hour and 4 hours.
enum class TimeRange : std::uint8_t { hour, day, week };

struct ActivityWindow {
    TimeUs end_us = 0;
    std::uint64_t executions = 0;  ///< Runs that ended in success or error.
    std::uint64_t errors = 0;
    std::uint64_t help = 0;  ///< Signals of the help button, not students.

    bool operator==(const ActivityWindow&) const = default;
};

inline constexpr std::size_t kRecentExecutions = 50;
inline constexpr std::size_t kRecentSessions = 10;
inline constexpr std::size_t kLookedThrough = 500;         ///< For as many as these that count.
inline constexpr std::size_t kMaxTextCharacters = 16'384;  ///< Of each text of an execution.

/// A run that ended in success or error.
struct Execution {
    std::optional<std::int64_t> cell_row;  ///< The id of its row in `cells`.
    TimeUs executed_us = 0;
    bool failed = false;
    std::optional<std::int64_t> duration_us;
    std::optional<std::string> output;
    std::optional<std::string> error_message;
    std::optional<std::string> code;
    std::optional<std::string> cell_type;
    std::optional<std::int64_t> cell_index;
    std::optional<std::int64_t> execution_count;
};

struct Session {
    std::int64_t row = 0;
    std::string session_id;
    TimeUs start_us = 0;
    TimeUs last_us = 0;  ///< The latest event.
};

/// Newest first.
struct StudentHistory {
    std::vector<Execution> executions;
    std::vector<Session> sessions;
};

/// What a student's client said of its Python environment.
struct EnvironmentReport {
    Id128 event_id;
    std::string email;
    std::string class_code;  ///< Empty: it named none.
    TimeUs at_us = 0;
    std::string report;  ///< JSON, as it came.
    std::optional<std::string> notebook_path;
    std::optional<std::string> cell_id;
};
inline constexpr std::size_t kRecentEnvironments = 100;  ///< Of a student.

struct Totals {
    std::uint64_t executions = 0;
    std::uint64_t errors = 0;
    std::uint64_t students = 0;  ///< Who ran something.
    std::uint64_t timed = 0;     ///< Runs of a known duration …
    std::int64_t timed_us = 0;   ///< … and their sum.
};

/// Whether an event counts, by its student's address and the class that it names (empty: none); an
/// empty function: each does.
using Counts = std::function<bool(std::string_view email, std::string_view class_code)>;

using ClassCodes = std::set<std::string, std::less<>>;

struct StudentCell {
    std::string email;
    std::string cell_id;

    auto operator<=>(const StudentCell&) const = default;
};

/// What the API reads of the past, from the relational store. Blocks on a disk or a network: not
/// for I/O threads. Any thread, one call at a time.
///
/// Every error is ErrorCode::unavailable: the store is not there, or cannot be read now, and the
/// same call may succeed later.
class ClassHistory {
  public:
    virtual ~ClassHistory() = default;

    /// All windows of the range, empty ones too, oldest first; the last one ends at `now`. Of what
    /// names one of the classes; null: of all.
    virtual Result<std::vector<ActivityWindow>> activity(TimeRange range, TimeUs now,
                                                         const ClassCodes* classes) = 0;

    /// The newest executions and sessions that count, looked for among the newest kLookedThrough;
    /// none for a student whom the store does not know (yet).
    virtual Result<StudentHistory> student(std::string_view email, const Counts& counts) = 0;

    /// Of what was run in the windows of the range.
    virtual Result<Totals> totals(TimeRange range, TimeUs now, const Counts& counts) = 0;

    /// Sessions with an event since `from_us`; the first event of a session says if it counts.
    virtual Result<std::uint64_t> sessions_since(TimeUs from_us, const Counts& counts) = 0;

    /// Whether a session has that row.
    virtual Result<bool> has_session(std::int64_t row) = 0;

    /// The student's newest reports that count, kRecentEnvironments at most, newest first.
    virtual Result<std::vector<EnvironmentReport>> environments(std::string_view email,
                                                                const Counts& counts) = 0;

    /// The newest report of each student, if it counts; by address.
    virtual Result<std::vector<EnvironmentReport>> newest_environments(const Counts& counts) = 0;

    /// The row in `cells` of each; none where the store does not know it (yet).
    virtual Result<std::vector<std::optional<std::int64_t>>> cell_rows(
        std::span<const StudentCell> cells) = 0;
};

}  // namespace cellmon::store
