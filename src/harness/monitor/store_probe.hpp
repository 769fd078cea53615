#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/patience.hpp"
#include "base/result.hpp"
#include "harness/monitor/probe.hpp"

namespace cellmon::harness::monitor {

/// A store of which one number is asked. A store that is away is a warning: the server goes on
/// without it.
class StoreProbe : public Probe {
  public:
    Findings look() final;
    [[nodiscard]] std::vector<Metric> metrics() const final { return {metric_}; }
    [[nodiscard]] Trouble silence() const final;
    [[nodiscard]] std::chrono::milliseconds patience() const final { return wait_.timeout; }

  protected:
    /// `name` as a person says it.
    StoreProbe(std::string name, Metric metric, std::chrono::milliseconds timeout,
               std::shared_ptr<const std::atomic<bool>> interrupted)
        : name_(std::move(name)), metric_(metric), wait_{timeout, std::move(interrupted)} {}

    virtual Result<double> count() = 0;
    [[nodiscard]] const Patience& wait() const { return wait_; }

  private:
    const std::string name_;
    const Metric metric_;
    const Patience wait_;
};

}  // namespace cellmon::harness::monitor
