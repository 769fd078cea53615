#include "harness/plan/recorder.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/thread.hpp"
#include "harness/monitor/monitor_json.hpp"

namespace cellmon::harness::plan {
namespace {

using monitor::Metric;
using monitor::Sample;

/// Sleeps until then, but for `stop`.
void sleep_until(std::chrono::steady_clock::time_point then, const std::atomic<bool>& stop) {
    constexpr std::chrono::milliseconds kSlice{20};
    while (!stop && std::chrono::steady_clock::now() < then) {
        std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(
            kSlice, then - std::chrono::steady_clock::now()));
    }
}

}  // namespace

Result<std::unique_ptr<SampleFile>> SampleFile::open(const std::string& path) {
    auto file = std::make_unique<SampleFile>();
    file->file_.open(path, std::ios::binary | std::ios::app);
    if (!file->file_) return fail(ErrorCode::io, fmt::format("cannot write {}", path));
    return file;
}

void SampleFile::add(const std::string& phase, const std::string& kind, const std::string& json) {
    const std::lock_guard lock(mutex_);
    file_ << fmt::format("{{\"phase\":\"{}\",\"{}\":{}}}\n", phase, kind, json);
    file_.flush();
}

Recorder::Recorder(const Site& site, std::string phase, std::chrono::milliseconds interval,
                   SampleFile& file, const Clock& clock)
    : site_(site),
      phase_(std::move(phase)),
      interval_(interval),
      file_(file),
      clock_(clock),
      monitor_(site.subject(), clock),
      sampler_([this] {
          set_thread_name("sampler");
          sample_on();
      }),
      lag_watcher_([this] {
          set_thread_name("lag");
          look_at_lag();
      }) {}

Recorder::~Recorder() {
    stop_ = true;
    if (sampler_.joinable()) sampler_.join();
    if (lag_watcher_.joinable()) lag_watcher_.join();
}

void Recorder::sample_on() {
    monitor_.start();
    auto next = std::chrono::steady_clock::now() + interval_;
    while (!stop_) {
        sleep_until(next, stop_);
        if (stop_) break;
        const auto wait = std::chrono::duration_cast<std::chrono::microseconds>(interval_) / 2;
        Sample sample = monitor_.sample(wait.count());
        file_.add(phase_, "sample",
                  monitor::json_of(sample, monitor::judge(sample, monitor::Thresholds{})));
        const std::lock_guard lock(mutex_);
        samples_.push_back(std::move(sample));
        // A machine that is too busy leaves samples out; it does not take them in a row.
        next = std::max(next + interval_, std::chrono::steady_clock::now());
    }
}

void Recorder::look_at_lag() {
    constexpr std::chrono::milliseconds kLook{500};
    const auto stores = site_.rows();
    auto next = std::chrono::steady_clock::now();
    while (!stop_) {
        sleep_until(next, stop_);
        next = std::chrono::steady_clock::now() + kLook;
        const auto durable = site_.durable_sequence();
        std::optional<double> worst;
        // How far a store that does not answer is behind, nobody knows.
        for (const auto& store : stores) {
            const auto position = store->position();
            if (!position || !durable) {
                worst.reset();
                break;
            }
            const double behind =
                *durable > *position ? static_cast<double>(*durable - *position) : 0;
            worst = std::max(worst.value_or(0), behind);
        }
        const std::lock_guard lock(mutex_);
        lag_.at.push_back(clock_.now_us());
        lag_.value.push_back(worst);
    }
}

std::vector<Sample> Recorder::samples() const {
    const std::lock_guard lock(mutex_);
    return samples_;
}

monitor::Health Recorder::health() const {
    const std::lock_guard lock(mutex_);
    return samples_.empty() ? monitor::Health{}
                            : monitor::judge(samples_.back(), monitor::Thresholds{});
}

std::optional<double> Recorder::lag() const {
    const std::lock_guard lock(mutex_);
    return lag_.value.empty() ? std::nullopt : lag_.value.back();
}

std::vector<report::Series> Recorder::finish() {
    stop_ = true;
    sampler_.join();
    lag_watcher_.join();
    std::vector<report::Series> all;
    for (const auto& info : monitor::metric_infos()) {
        report::Series series{std::string(info.name), std::string(info.unit), {}, {}};
        bool seen = false;
        for (const Sample& sample : samples_) {
            series.at.push_back(sample.at);
            series.value.push_back(sample[info.metric].value);
            seen = seen || sample[info.metric].value.has_value();
        }
        if (seen) all.push_back(std::move(series));
    }
    const bool has_lag = std::any_of(lag_.value.begin(), lag_.value.end(),
                                     [](const auto& value) { return value.has_value(); });
    if (has_lag) all.push_back(lag_);
    return all;
}

Extent extent_of(const std::vector<Sample>& samples, Metric metric, TimeUs from, TimeUs to) {
    Extent extent;
    double sum = 0;
    double count = 0;
    for (const Sample& sample : samples) {
        const auto& value = sample[metric].value;
        if (!value || sample.at < from || sample.at >= to) continue;
        sum += *value;
        ++count;
        extent.peak = std::max(extent.peak.value_or(*value), *value);
    }
    if (count > 0) extent.average = sum / count;
    return extent;
}

std::vector<report::Series> series_of(const std::vector<LoadSecond>& seconds) {
    report::Series offered{"offered_events_per_s", "events/s", {}, {}};
    report::Series rate{"achieved_events_per_s", "events/s", {}, {}};
    report::Series p50{"latency_p50_ms", "ms", {}, {}};
    report::Series p95{"latency_p95_ms", "ms", {}, {}};
    report::Series p99{"latency_p99_ms", "ms", {}, {}};
    report::Series lag{"generator_lag_ms", "ms", {}, {}};
    for (const LoadSecond& second : seconds) {
        for (report::Series* series : {&offered, &rate, &p50, &p95, &p99, &lag})
            series->at.push_back(second.at);
        offered.value.emplace_back(second.offered_per_s);
        rate.value.emplace_back(second.events_per_s);
        p50.value.push_back(second.p50_ms);
        p95.value.push_back(second.p95_ms);
        p99.value.push_back(second.p99_ms);
        lag.value.push_back(second.lag_ms);
    }
    return {offered, rate, p50, p95, p99, lag};
}

}  // namespace cellmon::harness::plan
