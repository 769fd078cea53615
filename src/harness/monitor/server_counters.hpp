#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/monitor/metrics.hpp"

namespace cellmon::harness::monitor {

/// What a server's page of metrics says, as far as it does.
struct ServerCounters {
    std::optional<double> stored_events;
    std::optional<double> answers;
    std::optional<double> failures;  ///< Of the answers: 5xx.
    std::optional<double> websockets;
    std::optional<double> started_at;  ///< Of its process, seconds since 1970.
};
[[nodiscard]] ServerCounters parse_counters(std::string_view metrics);

/// The answers that the monitor itself got between two looks at the page.
struct OwnAnswers {
    std::uint64_t all = 0;
    std::uint64_t failed = 0;
};

/// What happened between two looks.
struct ServerRates {
    Reading throughput;
    Reading error_rate;
    double answers = 0;  ///< To others than the monitor.
    double failures = 0;
};
[[nodiscard]] ServerRates rates_between(const ServerCounters& before, const ServerCounters& after,
                                        OwnAnswers own, double seconds);

}  // namespace cellmon::harness::monitor
