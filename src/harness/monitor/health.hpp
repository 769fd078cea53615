#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "harness/monitor/metrics.hpp"

namespace cellmon::harness::monitor {

/// From these values on.
struct Limit {
    double warning = 0;
    double critical = 0;
};

struct Thresholds {
    Limit cpu{70, 85};                ///< Percent of all cores.
    Limit memory{75, 90};             ///< Percent of the machine's.
    Limit response_time{500, 1'000};  ///< Milliseconds.
    Limit error_rate{0.001, 0.01};    ///< A fraction.

    /// ErrorCode::invalid for a limit below 0, or one that is critical before it warns.
    [[nodiscard]] Result<void> check() const;
};

struct Health {
    Status status = Status::healthy;
    std::vector<std::string> reasons;  ///< The worst first; none when healthy.
};

/// A metric that could not be read is no reason by itself: what keeps it from being read is among
/// the sample's troubles when it is one.
[[nodiscard]] Health judge(const Sample& sample, const Thresholds& thresholds);

}  // namespace cellmon::harness::monitor
