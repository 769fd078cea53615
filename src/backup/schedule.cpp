#include "backup/schedule.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "backup/password_file.hpp"
#include "backup/place.hpp"
#include "base/thread.hpp"

namespace cellmon::backup {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds kMostRetryPause = std::chrono::minutes(5);

/// Between two looks at what is due.
constexpr milliseconds kMostLookPause{1'000};

std::int64_t in_us(milliseconds duration) {
    return duration_cast<microseconds>(duration).count();
}

}  // namespace

Result<std::unique_ptr<Schedule>> Schedule::start(BackupOptions what,
                                                  const ScheduleOptions& options,
                                                  const Dependencies& dependencies) {
    if (is_one_file(options.directory)) {
        return fail(ErrorCode::invalid,
                    fmt::format("backup.directory is {}, which names one file: it should be a "
                                "folder",
                                options.directory));
    }
    if (!options.password.empty() && !options.password_file.empty()) {
        return fail(ErrorCode::invalid,
                    "backup.password and backup.password_file are both set; choose one");
    }
    what.where = options.directory;
    what.password = options.password;
    if (!options.password_file.empty()) {
        CELLMON_TRY_ASSIGN(what.password, read_password(dependencies.files, options.password_file));
    }
    CELLMON_TRY(check_outside(what.data, what.where));
    return std::unique_ptr<Schedule>(new Schedule(std::move(what), options, dependencies));
}

Schedule::Schedule(BackupOptions what, const ScheduleOptions& options,
                   const Dependencies& dependencies)
    : what_(std::move(what)),
      interval_(options.interval),
      keep_(options.keep),
      dependencies_(dependencies),
      started_us_(dependencies.clock.now_us()) {
    what_.classroom.interrupted = interrupted_;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Schedule::~Schedule() {
    thread_.request_stop();
    // A database that says nothing keeps no stop waiting.
    *interrupted_ = true;
}

void Schedule::run(const std::stop_token& stop) {
    set_thread_name("backup");
    step_back();
    look_back();
    const Clock& clock = dependencies_.clock;
    TimeUs due_us = status().last_success_us;
    due_us = due_us == 0 ? clock.now_us() : due_us + in_us(interval_);
    while (!stop.stop_requested()) {
        const TimeUs now_us = clock.now_us();
        // A clock that was set back makes nobody wait longer than an interval.
        if (now_us >= due_us || due_us - now_us > in_us(interval_)) {
            back_up(stop);
            const bool failed = !status().last_error.empty();
            due_us =
                clock.now_us() + in_us(failed ? std::min(interval_, kMostRetryPause) : interval_);
        }
        rest(std::min(interval_, kMostLookPause), stop);
    }
}

/// A restart is no reason for a backup.
void Schedule::look_back() {
    const auto found = find_backups(dependencies_.files, what_.where);
    if (!found || found->backups.empty()) return;
    const Manifest& newest = found->backups.back().manifest;
    const std::lock_guard lock(mutex_);
    status_.last_success_us = newest.finished_us;
    status_.through = newest.through.sequence;
    status_.stored_bytes = newest.stored_bytes();
}

void Schedule::back_up(const std::stop_token& stop) {
    const std::int64_t began_us = dependencies_.clock.steady_us();
    Work work;
    work.stop = stop;
    const auto done =
        make_backup(what_, {dependencies_.files, dependencies_.clock, dependencies_.random}, work);
    if (stop.stop_requested() && !done) return;
    if (!done) return note(done.error());
    note(*done, dependencies_.clock.steady_us() - began_us);
    remove_old();
}

void Schedule::note(const BackupDone& done, std::int64_t duration_us) {
    const Manifest& manifest = done.manifest;
    std::unique_lock lock(mutex_);
    const bool failed_before = !status_.last_error.empty();
    status_.last_success_us = manifest.finished_us;
    ++status_.successes;
    status_.through = manifest.through.sequence;
    status_.stored_bytes = manifest.stored_bytes();
    status_.duration_us = duration_us;
    status_.last_error.clear();
    status_.list_error = done.list_error;
    lock.unlock();
    if (!done.list_error.empty()) {
        dependencies_.log.error(
            "the list of who was erased is not beside the backups; the next "
            "one tries again: {}",
            done.list_error);
    }
    dependencies_.log.info("backup {}{}: events through {}, {} bytes new, {} ms", manifest.id,
                           failed_before ? " went well again" : "", manifest.through.sequence,
                           done.written_bytes, duration_us / 1'000);
}

void Schedule::note(const Error& error) {
    std::unique_lock lock(mutex_);
    ++status_.failures;
    const bool said = status_.last_error == error.message;
    status_.last_error = error.message;
    lock.unlock();
    if (!said) dependencies_.log.error("no backup was made: {}", error.message);
}

void Schedule::remove_old() {
    const auto pruned =
        prune(dependencies_.files, what_.where, keep_, dependencies_.clock.now_us());
    if (!pruned) {
        return dependencies_.log.warn("old backups stay: {}", pruned.error().message);
    }
    if (!pruned->removed.empty()) {
        dependencies_.log.info("{} old backups removed ({}), {} bytes freed",
                               pruned->removed.size(), reasons_of(*pruned), pruned->freed_bytes);
    }
    const bool too_large = pruned->too_large_bytes > 0;
    if (too_large && !said_too_large_) {
        dependencies_.log.warn(
            "the newest backup alone has {} bytes, more than backup.keep_bytes ({}): it stays",
            pruned->too_large_bytes, keep_.bytes);
    }
    said_too_large_ = too_large;
}

ScheduleStatus Schedule::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

std::optional<std::string> Schedule::trouble() const {
    const ScheduleStatus now = status();
    if (!now.last_error.empty()) return "the last backup failed: " + now.last_error;
    if (!now.list_error.empty()) {
        return "the list of who was erased is not beside the backups: " + now.list_error;
    }
    // The time that one takes is not known.
    const TimeUs since_us = std::max(now.last_success_us, started_us_);
    const TimeUs age_us = dependencies_.clock.now_us() - since_us;
    if (age_us <= 2 * in_us(interval_) + in_us(kMostRetryPause)) return std::nullopt;
    return fmt::format("the newest backup is {} minutes old", age_us / kMinuteUs);
}

std::string Schedule::summary() const {
    const ScheduleStatus now = status();
    if (now.last_success_us == 0) return "the first backup is being made";
    return fmt::format("the newest backup, of {}, holds the events through {}",
                       format_time(now.last_success_us).substr(0, 19), now.through);
}

std::vector<telemetry::MetricFamily> Schedule::metrics() const {
    using telemetry::counter;
    using telemetry::gauge;
    const ScheduleStatus now = status();
    std::vector<telemetry::MetricFamily> all{
        counter("cellmon_backup_backups_total", "Backups that were made since the start",
                static_cast<double>(now.successes)),
        counter("cellmon_backup_failures_total", "Backups that failed since the start",
                static_cast<double>(now.failures)),
        gauge("cellmon_backup_ok", "1 while backups are made as they should be, else 0",
              trouble() ? 0 : 1)};
    if (now.last_success_us == 0) return all;
    const TimeUs age_us = dependencies_.clock.now_us() - now.last_success_us;
    all.push_back(gauge("cellmon_backup_last_success_timestamp_seconds",
                        "When the newest backup was finished, seconds since 1970",
                        static_cast<double>(now.last_success_us) / 1e6));
    all.push_back(gauge("cellmon_backup_age_seconds", "Since the newest backup was finished",
                        static_cast<double>(age_us) / 1e6));
    all.push_back(gauge("cellmon_backup_sequence", "The last event in the newest backup",
                        static_cast<double>(now.through)));
    all.push_back(gauge("cellmon_backup_stored_bytes",
                        "Of the newest backup, with what it shares with earlier ones",
                        static_cast<double>(now.stored_bytes)));
    all.push_back(gauge("cellmon_backup_duration_seconds", "That the last backup took",
                        static_cast<double>(now.duration_us) / 1e6));
    return all;
}

}  // namespace cellmon::backup
