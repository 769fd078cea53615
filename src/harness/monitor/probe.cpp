#include "harness/monitor/probe.hpp"

#include <fmt/format.h>

#include "base/thread.hpp"

namespace cellmon::harness::monitor {

ProbeThread::ProbeThread(std::unique_ptr<Probe> probe, const Clock& clock)
    : probe_(std::move(probe)), clock_(clock), thread_([this] { run(); }) {}

ProbeThread::~ProbeThread() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void ProbeThread::ask() {
    {
        const std::lock_guard lock(mutex_);
        const std::int64_t now_us = clock_.steady_us();
        if (asked_ || now_us < rests_until_us_) return;
        asked_ = true;
        asked_at_us_ = now_us;
    }
    changed_.notify_all();
}

void ProbeThread::wait(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [this] { return !asked_; });
}

void ProbeThread::put_into(Sample& sample) {
    const std::lock_guard lock(mutex_);
    const std::int64_t waiting_us = asked_ ? clock_.steady_us() - asked_at_us_ : 0;
    const std::int64_t patience_us = std::chrono::microseconds(probe_->patience()).count();
    if (waiting_us > patience_us) {
        for (const Metric metric : probe_->metrics()) {
            sample[metric] = Reading::none(
                fmt::format("no answer for {:.1f} s", static_cast<double>(waiting_us) / 1e6));
        }
        sample.troubles.push_back(probe_->silence());
        return;
    }
    if (!last_) {
        for (const Metric metric : probe_->metrics())
            sample[metric] = Reading::none("no answer yet");
        return;
    }
    for (auto& [metric, reading] : last_->readings) {
        sample[metric] = reading;
        // A rate is of the time before its answer; told twice it would count twice.
        if (is_rate(metric)) reading = Reading::none("no newer answer yet");
    }
    sample.troubles.insert(sample.troubles.end(), last_->troubles.begin(), last_->troubles.end());
    sample.answers += std::exchange(last_->answers, 0);
    sample.failures += std::exchange(last_->failures, 0);
}

void ProbeThread::run() {
    set_thread_name("monitor-probe");
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return asked_ || stop_; });
        if (stop_) return;
        lock.unlock();
        const std::int64_t began_us = clock_.steady_us();
        Findings findings = probe_->look();
        const std::int64_t ended_us = clock_.steady_us();
        lock.lock();
        // What nobody has read yet still counts.
        if (last_) {
            findings.answers += last_->answers;
            findings.failures += last_->failures;
        }
        last_ = std::move(findings);
        asked_ = false;
        rests_until_us_ = ended_us + probe_->rest() * (ended_us - began_us);
        changed_.notify_all();
    }
}

}  // namespace cellmon::harness::monitor
