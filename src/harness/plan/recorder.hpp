#pragma once

#include <atomic>
#include <cstdint>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/monitor/monitor.hpp"
#include "harness/monitor/run_summary.hpp"
#include "harness/plan/class_load.hpp"
#include "harness/plan/site.hpp"
#include "harness/report/run_report.hpp"

namespace cellmon::harness::plan {

/// The file of everything that was measured: `samples.ndjson`, a JSON object a line, with the phase
/// that it belongs to. Any thread.
class SampleFile {
  public:
    /// Goes on behind what is there.
    static Result<std::unique_ptr<SampleFile>> open(const std::string& path);

    void add(const std::string& phase, const std::string& kind, const std::string& json);

  private:
    std::mutex mutex_;
    std::ofstream file_;  ///< Guarded by mutex_.
};

/// Looks at the system under test all the while it lives, on threads of its own: the monitor's
/// metrics at each interval, and how far each store is behind the journal.
class Recorder {
  public:
    Recorder(const Site& site, std::string phase, std::chrono::milliseconds interval,
             SampleFile& file, const Clock& clock);
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// Samples of the monitor so far, oldest first.
    [[nodiscard]] std::vector<monitor::Sample> samples() const;
    /// Judged by the newest sample.
    [[nodiscard]] monitor::Health health() const;
    /// Events by which the store that is furthest behind was so, now; nullopt before the first
    /// look.
    [[nodiscard]] std::optional<double> lag() const;

    /// Ends it; everything as series of a report.
    [[nodiscard]] std::vector<report::Series> finish();

  private:
    void sample_on();
    void look_at_lag();

    const Site& site_;
    const std::string phase_;
    const std::chrono::milliseconds interval_;
    SampleFile& file_;
    const Clock& clock_;
    monitor::Monitor monitor_;
    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::vector<monitor::Sample> samples_;
    report::Series lag_{"lag_events", "", {}, {}};
    std::atomic<bool> stop_ = false;
    std::thread sampler_;
    std::thread lag_watcher_;
};

/// Of one metric over samples.
struct Extent {
    std::optional<double> average;
    std::optional<double> peak;
};
/// Of the samples with from ≤ time < to.
[[nodiscard]] Extent extent_of(const std::vector<monitor::Sample>& samples, monitor::Metric metric,
                               TimeUs from = 0, TimeUs to = INT64_MAX);

/// The latencies and the rate of a load, second by second.
[[nodiscard]] std::vector<report::Series> series_of(const std::vector<LoadSecond>& seconds);

}  // namespace cellmon::harness::plan
