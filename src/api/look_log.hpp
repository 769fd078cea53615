#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_set>

#include "api/look_table.hpp"
#include "auth/logins.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/audit_log.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// Lines of the audit log for what accounts saw: remembered by the I/O threads, written together by
/// whoever calls write(). Polling leaves one line an hour. Any thread.
class LookLog {
  public:
    static constexpr std::size_t kMostWaiting = 4'096;  ///< Lines; what is beyond is counted.
    static constexpr std::size_t kMostSeen = 65'536;    ///< Of an hour; then some come twice.
    static constexpr std::size_t kMostSubject = 400;    ///< Bytes of a subject.

    explicit LookLog(const Clock& clock) : clock_(clock) {}

    void note(const auth::Caller& caller, const Look& look, std::string subject);

    /// Writes what waits; when the database fails it goes on waiting. Blocks.
    Result<void> write(sql::Database& database);

    /// Lines that had no place since the last call.
    [[nodiscard]] std::uint64_t take_lost();
    /// Lines that are not written yet.
    [[nodiscard]] std::size_t waiting() const;

  private:
    struct Line {
        TimeUs at_us = 0;
        classroom::AuditEntry entry;
    };

    const Clock& clock_;
    std::mutex writing_;        // One write at a time, so that lines keep their order.
    mutable std::mutex mutex_;  // Held for memory only.
    std::deque<Line> waiting_;
    std::unordered_set<std::string> seen_;
    std::int64_t hour_ = 0;  ///< Of seen_.
    std::uint64_t lost_ = 0;
};

}  // namespace cellmon::api
