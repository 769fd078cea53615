#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// What kept the system from more, by the rules of docs/reference/report.md.
enum class Bottleneck {
    none,         ///< Nothing: the load was kept.
    generator,    ///< The load's generator.
    cpu,          ///< The machine's cores.
    sync,         ///< The disk that the journal is synced to.
    store,        ///< A store that takes less than the server.
    network,      ///< The way to the server.
    unexplained,  ///< The load was not kept, but nothing that was measured was at its limit.
};
[[nodiscard]] std::string_view name_of(Bottleneck bottleneck);

struct BottleneckFinding {
    Bottleneck bottleneck = Bottleneck::none;
    std::string reason;  ///< With the figures that it follows from.
    std::string reason_ja;
    double events_per_s = 0;  ///< The rate at which it was looked at.
};

/// From the series of one phase, in its busy time: the samples with at least 90 % of its greatest
/// rate (the 95th percentile), those within a fault and until all had recovered left out. nullopt:
/// there are fewer than five of them, or no rate was measured.
[[nodiscard]] std::optional<BottleneckFinding> bottleneck_of(const PhaseReport& phase);

/// Of the phase with the greatest rate among those where one is found, else among all.
[[nodiscard]] std::optional<BottleneckFinding> bottleneck_of(const RunReport& report);

/// Fills `bottleneck` and its reason; leaves them empty where it cannot be judged.
void judge_bottleneck(RunReport& report);

}  // namespace cellmon::harness::report
