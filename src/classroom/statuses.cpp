#include "classroom/statuses.hpp"

#include "base/assert.hpp"

namespace cellmon::classroom {

Result<bool> set_status(sql::Connection& connection, std::int64_t instructor_id, Status status,
                        std::optional<std::int64_t> session_id, TimeUs now) {
    const bool present = status == Status::available || status == Status::in_session;
    CELLMON_TRY_ASSIGN(
        const auto changed,
        connection.run("UPDATE instructors SET status = $2, current_session_id = $3, "
                       "status_updated_us = $4, updated_us = $4, version = version + 1, "
                       "last_login_us = CASE WHEN $5 THEN $4 ELSE last_login_us END WHERE id = $1",
                       instructor_id, name_of(status), session_id, now, present));
    if (changed.changed == 0) return false;
    // A clock that was set back must not make a period of negative length.
    CELLMON_TRY(connection.run(
        "UPDATE instructor_status_history SET "
        "ended_us = CASE WHEN started_us > $2 THEN started_us ELSE $2 END, "
        "duration_minutes = CASE WHEN started_us > $2 THEN 0 ELSE ($2 - started_us) / $3 END "
        "WHERE instructor_id = $1 AND ended_us IS NULL",
        instructor_id, now, kMinuteUs));
    CELLMON_TRY(connection.run(
        "INSERT INTO instructor_status_history (instructor_id, status, session_id, started_us) "
        "VALUES ($1, $2, $3, $4)",
        instructor_id, name_of(status), session_id, now));
    return true;
}

Result<std::vector<StatusPeriod>> status_history(sql::Connection& connection,
                                                 std::int64_t instructor_id, std::uint64_t skip,
                                                 std::uint64_t limit) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT id, instructor_id, status, session_id, started_us, ended_us, "
                       "duration_minutes FROM instructor_status_history WHERE instructor_id = $1 "
                       "ORDER BY id DESC LIMIT $2 OFFSET $3",
                       instructor_id, limit, skip));
    std::vector<StatusPeriod> periods;
    periods.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        const auto status = status_of(row.text(2));
        CELLMON_ASSERT(status);  // The schema takes no others.
        periods.push_back({row.integer(0), row.integer(1), *status, row.optional_integer(3),
                           row.integer(4), row.optional_integer(5), row.optional_integer(6)});
    }
    return periods;
}

}  // namespace cellmon::classroom
