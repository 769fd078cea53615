#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/histogram.hpp"
#include "harness/monitor/health.hpp"
#include "harness/monitor/metrics.hpp"
#include "harness/monitor/statistics.hpp"

namespace cellmon::harness::monitor {

/// What has come of a run so far.
class RunSummary {
  public:
    explicit RunSummary(const Thresholds& thresholds) : thresholds_(thresholds) {}

    void add(Sample sample);

    [[nodiscard]] std::uint64_t samples() const { return samples_; }
    /// The newest sample, and what is to be said of it.
    [[nodiscard]] const Sample& latest() const { return latest_; }
    [[nodiscard]] const Health& health() const { return health_; }
    /// Of the worst sample, the first of several.
    [[nodiscard]] const Health& worst_health() const { return worst_; }
    [[nodiscard]] TimeUs worst_at() const { return worst_at_; }
    [[nodiscard]] std::uint64_t samples_with(Status status) const {
        return by_status_[static_cast<std::size_t>(status)];
    }

    [[nodiscard]] const Statistics& of(Metric metric) const {
        return statistics_[static_cast<std::size_t>(metric)];
    }
    struct Part {
        std::string name;
        Statistics cpu_percent;
        Statistics memory_mb;
    };
    [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

    /// Of all samples; nullopt when none could be read.
    [[nodiscard]] std::optional<double> response_p95_ms() const;
    /// Of all requests of the run; nullopt without any.
    [[nodiscard]] std::optional<double> error_rate() const;

  private:
    Statistics& part(const std::string& name, Statistics Part::* of);

    const Thresholds thresholds_;
    std::uint64_t samples_ = 0;
    Sample latest_;
    Health health_;
    Health worst_;
    TimeUs worst_at_ = 0;
    std::array<std::uint64_t, 3> by_status_{};
    std::array<Statistics, kMetrics> statistics_;
    std::vector<Part> parts_;
    Histogram response_;
    double answers_ = 0;
    double failures_ = 0;
};

/// Whether a load test has kept what the requirements ask; nullopt where it could not be seen.
struct SuccessCriteria {
    std::optional<bool> cpu_under_80_percent;          ///< In every sample.
    std::optional<bool> memory_under_4gb;              ///< In every sample.
    std::optional<bool> response_time_under_500ms;     ///< For 95 % of the samples.
    std::optional<bool> error_rate_under_0_1_percent;  ///< Over all requests.

    /// None is broken; what could not be seen is not.
    [[nodiscard]] bool hold() const;
};
[[nodiscard]] SuccessCriteria criteria_of(const RunSummary& run);

}  // namespace cellmon::harness::monitor
