#include "audit/schedule.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/thread.hpp"

namespace cellmon::audit {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds kFirstDeep = std::chrono::hours(1);

/// Between two looks at what is due.
constexpr milliseconds kMostPause{1'000};

std::int64_t us_of(milliseconds duration) {
    return duration_cast<microseconds>(duration).count();
}

}  // namespace

Schedule::Schedule(std::vector<std::unique_ptr<Audit>> audits, const ScheduleOptions& options,
                   const Clock& clock, telemetry::Log& log)
    : options_(options), clock_(clock), log_(log) {
    const std::int64_t now_us = clock_.steady_us();
    for (auto& audit : audits) {
        Audited audited;
        audited.status.store = audit->name();
        audited.status.clean_since_us = clock_.now_us();
        audited.quick_due_us = now_us + us_of(options_.interval);
        audited.deep_due_us = now_us + us_of(std::min(options_.deep_interval, kFirstDeep));
        audited.audit = std::move(audit);
        audited_.push_back(std::move(audited));
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Schedule::~Schedule() {
    thread_.request_stop();
    // A store that says nothing keeps no stop waiting.
    for (Audited& audited : audited_)
        audited.audit->interrupt();
}

void Schedule::run(const std::stop_token& stop) {
    set_thread_name("audit");
    step_back();
    milliseconds pause_ms = kMostPause;
    for (const milliseconds interval : {options_.interval, options_.deep_interval}) {
        if (interval.count() > 0) pause_ms = std::min(pause_ms, interval);
    }
    while (!stop.stop_requested()) {
        for (Audited& audited : audited_)
            audit_if_due(audited, stop);
        rest(pause_ms, stop);
    }
}

void Schedule::audit_if_due(Audited& audited, const std::stop_token& stop) {
    const std::int64_t began_us = clock_.steady_us();
    const bool quick = options_.interval.count() > 0 && began_us >= audited.quick_due_us;
    const bool deep = options_.deep_interval.count() > 0 && began_us >= audited.deep_due_us;
    if ((!quick && !deep) || stop.stop_requested()) return;
    const auto report = audited.audit->run(deep ? Depth::deep : Depth::quick, stop);
    const std::int64_t now_us = clock_.steady_us();
    // A deep audit says all that a quick one would; one that came to no verdict is tried again.
    audited.quick_due_us = now_us + us_of(options_.interval);
    if (report && deep) audited.deep_due_us = now_us + us_of(options_.deep_interval);
    if (!report && deep) {
        audited.deep_due_us =
            now_us + us_of(std::min(options_.deep_interval, milliseconds(60'000)));
    }
    if (stop.stop_requested()) return;
    if (report) {
        note(audited, *report, now_us - began_us);
    } else {
        note(audited, report.error());
    }
}

void Schedule::note(Audited& audited, const StoreReport& report, std::int64_t duration_us) {
    std::unique_lock lock(mutex_);
    AuditStatus& status = audited.status;
    const bool was_clean = status.clean.value_or(true);
    // What only a deep audit sees is not gone because a quick one does not.
    const bool only_deep_knows =
        !was_clean && status.depth == Depth::deep && report.depth == Depth::quick && report.clean();
    report.depth == Depth::deep ? ++status.deep_audits : ++status.quick_audits;
    status.through = report.through;
    status.checked_us = clock_.now_us();
    status.duration_us = duration_us;
    status.rows_read += report.rows_read;
    status.last_error.clear();
    if (only_deep_knows) return;
    status.clean = report.clean();
    status.depth = report.depth;
    status.differences = report.differences.size();
    if (report.clean()) status.clean_since_us = status.checked_us;
    lock.unlock();
    if (!report.clean() && was_clean) {
        const Difference& first = report.differences.front();
        // Without its text, which may name a student.
        log_.error(
            "the store {} differs from the journal in {}{} places, the first: {} at sequence {}; "
            "cellmon audit lists them, with --repair it mends them",
            report.store, report.differences.size(), report.all ? "" : " or more",
            name_of(first.kind), first.sequence);
    } else if (report.clean() && !was_clean) {
        log_.info("the store {} says again what the journal says", report.store);
    }
}

void Schedule::note(Audited& audited, const Error& error) {
    // A store that is not there yet, or is being made, has no verdict.
    if (error.code == ErrorCode::not_found) return;
    std::unique_lock lock(mutex_);
    AuditStatus& status = audited.status;
    ++status.failures;
    const bool said = status.last_error == error.message;
    status.last_error = error.message;
    lock.unlock();
    if (!said) {
        log_.warn("the store {} cannot be compared with the journal: {}", audited.audit->name(),
                  error.message);
    }
}

std::vector<AuditStatus> Schedule::statuses() const {
    const std::lock_guard lock(mutex_);
    std::vector<AuditStatus> all;
    all.reserve(audited_.size());
    for (const Audited& audited : audited_)
        all.push_back(audited.status);
    return all;
}

std::vector<telemetry::MetricFamily> Schedule::metrics() const {
    using telemetry::MetricFamily;
    using telemetry::MetricKind;
    const auto gauge = [](const char* name, const char* help) {
        return MetricFamily{name, help, MetricKind::gauge, {}};
    };
    const auto counter = [](const char* name, const char* help) {
        return MetricFamily{name, help, MetricKind::counter, {}};
    };
    MetricFamily clean = gauge("cellmon_audit_clean",
                               "1 when the last audit found no difference, 0 when it found one");
    MetricFamily differences =
        gauge("cellmon_audit_differences", "Differences that the last audit found, at most 10000");
    MetricFamily age = gauge("cellmon_audit_clean_age_seconds",
                             "Since the last audit that found no difference, or since the start");
    MetricFamily through = gauge("cellmon_audit_sequence", "Sequence that was compared last");
    MetricFamily audits = counter("cellmon_audit_audits_total", "Audits that came to a verdict");
    MetricFamily failures =
        counter("cellmon_audit_failures_total", "Audits that came to none: the store was away");
    MetricFamily rows =
        counter("cellmon_audit_rows_total", "Rows that were read because their sums differed");
    const TimeUs now_us = clock_.now_us();
    for (const AuditStatus& status : statuses()) {
        const auto add = [&](MetricFamily& family, double value) {
            family.samples.push_back({{{"store", status.store}}, value, {}});
        };
        if (status.clean) {
            add(clean, *status.clean ? 1 : 0);
            add(differences, static_cast<double>(status.differences));
        }
        add(age, static_cast<double>(now_us - status.clean_since_us) / 1e6);
        add(through, static_cast<double>(status.through));
        for (const auto& [depth, count] :
             {std::pair{"quick", status.quick_audits}, std::pair{"deep", status.deep_audits}}) {
            audits.samples.push_back(
                {{{"store", status.store}, {"depth", depth}}, static_cast<double>(count), {}});
        }
        add(failures, static_cast<double>(status.failures));
        add(rows, static_cast<double>(status.rows_read));
    }
    return {clean, differences, age, through, audits, failures, rows};
}

}  // namespace cellmon::audit
