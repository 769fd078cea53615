#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace cellmon::telemetry {

enum class MetricKind { counter, gauge, histogram };

/// Counts at or below each bound; the bucket of everything (+Inf) is `count`.
struct HistogramValue {
    std::vector<double> upper_bounds;
    std::vector<std::uint64_t> cumulative_counts;  ///< One for each bound.
    std::uint64_t count = 0;
    double sum = 0;
};

struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;          ///< Of a counter or gauge.
    HistogramValue histogram;  ///< Of a histogram.
};

/// All samples of one name. Names follow Prometheus: `cellmon_<module>_<what>_<unit>[_total]`.
struct MetricFamily {
    std::string name;
    std::string help;
    MetricKind kind = MetricKind::gauge;
    std::vector<Sample> samples;
};

/// A family of one sample without labels.
[[nodiscard]] MetricFamily gauge(std::string name, std::string help, double value);
[[nodiscard]] MetricFamily counter(std::string name, std::string help, double value);

/// Reads a module's counters. Called by the thread that serves `/metrics`, so it must be quick and
/// safe beside the module's own threads.
using Collector = std::function<std::vector<MetricFamily>()>;

/// What `GET /metrics` shows. Modules hand in collectors; nothing is stored here. Any thread.
class Metrics {
  public:
    void add(Collector collector);

    /// The Prometheus text format, version 0.0.4; families in the order of their collectors.
    [[nodiscard]] std::string text() const;

    static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

  private:
    mutable std::mutex mutex_;
    std::vector<Collector> collectors_;
};

}  // namespace cellmon::telemetry
