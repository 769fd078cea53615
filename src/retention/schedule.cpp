#include "retention/schedule.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/thread.hpp"
#include "retention/cutoff.hpp"

namespace cellmon::retention {
namespace {

constexpr std::int64_t kPayloadInterval_us = 10 * kMinuteUs;
constexpr std::int64_t kPointInterval_us = 10 * kMinuteUs;  // Whether it is another day.

/// What has waited for so long is told.
constexpr std::int64_t kPatience_us = kMinuteUs;

/// Behind a failure, or while somebody has to be waited for.
constexpr std::int64_t kSoon_us = 5 * kSecondUs;
constexpr std::int64_t kFailedInterval_us = kMinuteUs;

/// Between two looks at what is due.
constexpr std::chrono::milliseconds kLookPause{1'000};

}  // namespace

Schedule::Schedule(RetentionOptions options, std::string data, Dependencies dependencies)
    : options_(options),
      data_(std::move(data)),
      dependencies_(std::move(dependencies)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Schedule::~Schedule() {
    thread_.request_stop();
    // A store that says nothing keeps no stop waiting.
    if (dependencies_.interrupt) dependencies_.interrupt();
}

void Schedule::run(const std::stop_token& stop) {
    set_thread_name("retention");
    step_back();
    const Clock& clock = dependencies_.clock;
    std::int64_t payloads_due_us = clock.steady_us();
    std::int64_t points_due_us = payloads_due_us;
    while (!stop.stop_requested()) {
        if (options_.of_payloads() && clock.steady_us() >= payloads_due_us) {
            const std::int64_t wait_us = look_at_payloads(stop);
            payloads_due_us = clock.steady_us() + wait_us;
        }
        const bool has_points = options_.of_points() && dependencies_.delete_points;
        if (has_points && clock.steady_us() >= points_due_us) {
            const std::int64_t wait_us = look_at_points(stop);
            points_due_us = clock.steady_us() + wait_us;
        }
        rest(kLookPause, stop);
    }
}

std::int64_t Schedule::look_at_payloads(const std::stop_token& stop) {
    const auto done = remove_old_payloads(dependencies_.files, data_, options_,
                                          dependencies_.folded, dependencies_.clock.now_us(), stop);
    if (done) {
        note(*done);
        return done->waiting > 0 ? kSoon_us : kPayloadInterval_us;
    }
    if (stop.stop_requested()) return kPayloadInterval_us;
    std::unique_lock lock(mutex_);
    ++status_.looks;
    ++status_.failures;
    const bool is_new =
        std::exchange(status_.payload_error, done.error().message) != done.error().message;
    lock.unlock();
    if (is_new) {
        dependencies_.log.error("retention removed no content of old events: {}",
                                done.error().message);
    }
    return kFailedInterval_us;
}

void Schedule::note(const PayloadsRemoved& done) {
    {
        const std::lock_guard lock(mutex_);
        ++status_.looks;
        PayloadsRemoved all = done;
        all.segments += status_.payloads.segments;
        all.bytes += status_.payloads.bytes;
        status_.payloads = std::move(all);
        status_.payload_error.clear();
    }
    if (done.segments > 0) {
        dependencies_.log.info(
            "retention: the content of the events through sequence {} is removed from the journal, "
            "{} segments and {} bytes just now",
            done.through, done.segments, done.bytes);
    }
    say_what_waits(done);
}

/// Not at once: behind a start stores are not open yet, and a backup may be under way.
void Schedule::say_what_waits(const PayloadsRemoved& done) {
    if (done.waiting == 0) {
        waiting_since_us_ = 0;
        said_waiting_ = false;
        return;
    }
    const std::int64_t now_us = dependencies_.clock.steady_us();
    if (waiting_since_us_ == 0) waiting_since_us_ = now_us;
    if (said_waiting_ || now_us - waiting_since_us_ < kPatience_us) return;
    said_waiting_ = true;
    dependencies_.log.warn(
        "retention: {} segments of the journal are due to lose their content, and wait for {}",
        done.waiting, done.waiting_for);
}

std::int64_t Schedule::look_at_points(const std::stop_token& stop) {
    const TimeUs now = dependencies_.clock.now_us();
    if (points_day_ == now / kDayUs) return kPointInterval_us;
    const auto kept_from_us = delete_points(now);
    if (!kept_from_us && stop.stop_requested()) return kPointInterval_us;
    std::unique_lock lock(mutex_);
    ++status_.looks;
    if (kept_from_us) {
        const bool is_new = status_.points_before_us != *kept_from_us;
        // Else once more soon: what was under way meanwhile may have written some again.
        if (!is_new) points_day_ = now / kDayUs;
        status_.points_before_us = *kept_from_us;
        status_.point_error.clear();
        lock.unlock();
        if (is_new && *kept_from_us) {
            dependencies_.log.info("retention: points older than {} are deleted from InfluxDB",
                                   format_time(**kept_from_us).substr(0, 10));
        }
        return kPointInterval_us;
    }
    ++status_.failures;
    const bool is_new = std::exchange(status_.point_error, kept_from_us.error().message) !=
                        kept_from_us.error().message;
    lock.unlock();
    if (is_new) {
        dependencies_.log.warn("retention did not delete all old points from InfluxDB: {}",
                               kept_from_us.error().message);
    }
    return kFailedInterval_us;
}

/// By age first: what goes by it is not counted, and waits for no count.
Result<std::optional<TimeUs>> Schedule::delete_points(TimeUs now) {
    std::optional<TimeUs> before_us;
    if (options_.timeseries_days > 0) before_us = cutoff_us(options_.timeseries_days, now);
    CELLMON_TRY_ASSIGN(const auto kept_from_us, dependencies_.delete_points(before_us));
    if (options_.timeseries_points == 0) return kept_from_us;
    CELLMON_TRY_ASSIGN(const PointsByDay days, dependencies_.count_points());
    const auto too_many_before_us = points_cutoff_us(days, options_.timeseries_points, now);
    if (!too_many_before_us) return kept_from_us;
    return dependencies_.delete_points(too_many_before_us);
}

RetentionStatus Schedule::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

std::vector<telemetry::MetricFamily> Schedule::metrics() const {
    using telemetry::counter;
    using telemetry::gauge;
    const RetentionStatus now = status();
    const bool is_well = now.payload_error.empty() && now.point_error.empty();
    std::vector<telemetry::MetricFamily> all{
        gauge("cellmon_retention_ok", "1 while what is too old goes, else 0: the log says why",
              is_well && now.payloads.waiting == 0 ? 1 : 0),
        counter("cellmon_retention_failures_total", "Looks that failed",
                static_cast<double>(now.failures)),
        counter("cellmon_retention_segments_total",
                "Segments of the journal that lost their content since the start",
                static_cast<double>(now.payloads.segments)),
        counter("cellmon_retention_bytes_total",
                "Bytes that the journal became smaller by since the start",
                static_cast<double>(now.payloads.bytes)),
        gauge("cellmon_retention_sequence", "The last event whose content was removed; 0: none was",
              static_cast<double>(now.payloads.through)),
        gauge("cellmon_retention_kept_bytes",
              "Of sealed segments that have their content, at the last look",
              static_cast<double>(now.payloads.kept_bytes)),
        gauge("cellmon_retention_waiting_segments",
              "Segments that are due and wait for a backup or for a store",
              static_cast<double>(now.payloads.waiting))};
    if (now.points_before_us) {
        all.push_back(gauge("cellmon_retention_points_timestamp_seconds",
                            "Points in InfluxDB that are older are deleted, seconds since 1970",
                            static_cast<double>(*now.points_before_us) / 1e6));
    }
    return all;
}

}  // namespace cellmon::retention
