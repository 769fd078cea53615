#include "harness/plan/phase_verdict.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace cellmon::harness::plan {
namespace {

using report::Verdict;

/// What a generator that was late makes worthless; what became of events it does not.
bool is_of_time(std::string_view criterion) {
    constexpr std::array<std::string_view, 5> kNames{"throughput_per_student", "latency_p95",
                                                     "broadcast_time", "recovery_time", "cpu_peak"};
    return std::find(kNames.begin(), kNames.end(), criterion) != kNames.end();
}

void say(report::PhaseReport& phase, const report::Words& reason) {
    phase.reason = reason.en;
    phase.reason_ja = reason.ja;
}

report::Words joined(const std::vector<report::Words>& doubts) {
    report::Words all;
    for (const report::Words& doubt : doubts) {
        all.ja += (all.ja.empty() ? "" : "；") + doubt.ja;
        all.en += (all.en.empty() ? "" : "; ") + doubt.en;
    }
    return all;
}

}  // namespace

void settle(report::PhaseReport& phase, const PhaseEnd& end) {
    if (phase.verdict == Verdict::not_applicable) return;
    const bool doubtful = !end.doubts.empty();
    const bool broken = std::any_of(
        phase.criteria.begin(), phase.criteria.end(),
        [&](const auto& one) { return one.broken() && !(doubtful && is_of_time(one.name)); });
    const bool left_hurt = std::any_of(phase.faults.begin(), phase.faults.end(),
                                       [](const auto& one) { return !one.ended.has_value(); });
    const bool nothing_judged =
        std::none_of(phase.criteria.begin(), phase.criteria.end(),
                     [](const report::Criterion& one) { return one.applies; });
    if (left_hurt && phase.reason.empty())
        say(phase, {"障害が元に戻されませんでした", "a fault was not undone"});
    if (broken || !phase.reason.empty()) {
        phase.verdict = Verdict::failed;
    } else if (end.stopped) {
        phase.verdict = Verdict::not_run;
        say(phase, {"実行中に中断されました", "stopped on request while it ran"});
    } else if (doubtful) {
        phase.verdict = Verdict::invalid;
        say(phase, joined(end.doubts));
    } else if (nothing_judged) {
        phase.verdict = Verdict::failed;
        say(phase, {"何も判定されませんでした", "nothing was judged"});
    } else {
        phase.verdict = Verdict::passed;
    }
}

}  // namespace cellmon::harness::plan
