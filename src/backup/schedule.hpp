#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backup/backup.hpp"
#include "backup/prune.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::backup {

/// Named limits; each has a line in docs/reference/configuration.md.
struct ScheduleOptions {
    std::string directory;  ///< Empty: no backups are made.
    std::chrono::milliseconds interval{std::chrono::hours(24)};
    KeepRules keep = kKeepUnlessTold;
    std::string password;       ///< Empty: not encrypted. Secret.
    std::string password_file;  ///< Instead of it.
};

/// What became of the backups so far.
struct ScheduleStatus {
    TimeUs last_success_us = 0;  ///< 0: none lies in the folder.
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    std::uint64_t through = 0;  ///< The last event in the newest backup.
    std::uint64_t stored_bytes = 0;
    std::int64_t duration_us = 0;  ///< Of the last good one.
    std::string last_error;        ///< Empty while the last attempt went well.
    std::string list_error;        ///< Of the list of erasures, at the last good one.
};

/// Makes backups while a server runs, on a thread of its own that steps back behind all others, and
/// removes old ones when one was made. A backup is due when the newest one in the folder is older
/// than the interval; one that failed is tried again behind an interval, or five minutes if that is
/// shorter.
class Schedule {
  public:
    struct Dependencies {
        io::FileSystem& files;
        const Clock& clock;
        RandomSource& random;
        telemetry::Log& log;
    };

    /// `what` says what to back up; where, and with which password, stands in `options`.
    /// ErrorCode::invalid for settings that cannot be used, io and others for a password's file.
    static Result<std::unique_ptr<Schedule>> start(BackupOptions what,
                                                   const ScheduleOptions& options,
                                                   const Dependencies& dependencies);
    ~Schedule();
    Schedule(const Schedule&) = delete;
    Schedule& operator=(const Schedule&) = delete;

    [[nodiscard]] ScheduleStatus status() const;

    /// Why the backups are not as they should be; nullopt when they are. Any thread.
    [[nodiscard]] std::optional<std::string> trouble() const;

    /// In words, when there is no trouble.
    [[nodiscard]] std::string summary() const;

    /// For Metrics::add.
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

  private:
    Schedule(BackupOptions what, const ScheduleOptions& options, const Dependencies& dependencies);
    void run(const std::stop_token& stop);
    void look_back();
    void back_up(const std::stop_token& stop);
    void note(const BackupDone& done, std::int64_t duration_us);
    void note(const Error& error);
    void remove_old();

    BackupOptions what_;
    const std::chrono::milliseconds interval_;
    const KeepRules keep_;
    const Dependencies dependencies_;
    const TimeUs started_us_;
    const std::shared_ptr<std::atomic<bool>> interrupted_ =
        std::make_shared<std::atomic<bool>>(false);

    mutable std::mutex mutex_;
    ScheduleStatus status_;
    bool said_too_large_ = false;  ///< The thread's own.
    std::jthread thread_;
};

}  // namespace cellmon::backup
