#include "harness/report/bottleneck.hpp"

#include <gtest/gtest.h>

#include "harness/report/test_reports.hpp"

namespace cellmon::harness::report {
namespace {

using Shape = std::optional<double> (*)(int);

constexpr int kSeconds = 60;

/// A phase that offers 1,000 events/s and has these series beside.
class PhaseWith {
  public:
    PhaseWith() {
        phase_.id = "2.1";
        phase_.verdict = Verdict::passed;
        phase_.began = kBegan;
        phase_.ended = kBegan + kSeconds * kSecondUs;
        always("offered_events_per_s", 1'000).always("throughput_events_per_s", 1'000);
        always("latency_p50_ms", 1).always("latency_p95_ms", 4);
        always("host_cpu_percent", 50).always("cpu_percent", 30);
        always("generator_cpu_percent", 15).always("disk_busy_percent", 20);
        always("response_time_ms", 0.3);
    }

    PhaseWith& always(const std::string& name, double value) {
        return shaped(name, [value](int) { return std::optional(value); });
    }

    template <typename ValueAt>
    PhaseWith& shaped(const std::string& name, const ValueAt& value_at) {
        std::erase_if(phase_.series, [&](const Series& series) { return series.name == name; });
        phase_.series.push_back(series_of(name, "", kSeconds, value_at));
        return *this;
    }

    PhaseReport& phase() { return phase_; }

    [[nodiscard]] Bottleneck bottleneck() const {
        const auto finding = bottleneck_of(phase_);
        EXPECT_TRUE(finding);
        return finding ? finding->bottleneck : Bottleneck::none;
    }
    [[nodiscard]] std::string reason() const { return bottleneck_of(phase_)->reason; }

  private:
    PhaseReport phase_;
};

TEST(Bottleneck, IsNoneWhenTheLoadWasKept) {
    PhaseWith kept;
    EXPECT_EQ(kept.bottleneck(), Bottleneck::none);
    EXPECT_EQ(kept.reason(),
              "the load was kept: 1,000 events/s, latency p95 4 ms, the machine's CPU at 50 %");
    // What is full does not matter while nothing suffers from it.
    kept.always("host_cpu_percent", 97).always("disk_busy_percent", 99);
    EXPECT_EQ(kept.bottleneck(), Bottleneck::none);
}

TEST(Bottleneck, IsTheCpuThatServerAndStoresUseUp) {
    PhaseWith phase;
    phase.always("throughput_events_per_s", 900).always("host_cpu_percent", 97);
    EXPECT_EQ(phase.bottleneck(), Bottleneck::cpu);
    EXPECT_EQ(phase.reason(),
              "900 of 1,000 events/s were achieved; the machine's CPU is at 97 %, "
              "30 % by server and stores, 15 % by the generator");
    phase.always("host_cpu_percent", 89);
    EXPECT_EQ(phase.bottleneck(), Bottleneck::unexplained);
}

TEST(Bottleneck, IsTheGenerator) {
    PhaseWith hungry;
    hungry.always("throughput_events_per_s", 900).always("host_cpu_percent", 97);
    hungry.always("generator_cpu_percent", 60);
    EXPECT_EQ(hungry.bottleneck(), Bottleneck::generator);
    PhaseWith late;
    late.always("throughput_events_per_s", 900).always("generator_lag_ms", 3);
    EXPECT_EQ(late.bottleneck(), Bottleneck::generator);
    // It is late because others use the cores.
    late.always("host_cpu_percent", 97);
    EXPECT_EQ(late.bottleneck(), Bottleneck::cpu);
    EXPECT_EQ(late.reason(),
              "900 of 1,000 events/s were achieved; the machine's CPU is at 97 %, 30 % by server "
              "and stores, 15 % by the generator, the generator is 3 ms late");
    PhaseWith invalid;
    invalid.phase().verdict = Verdict::invalid;
    EXPECT_EQ(invalid.bottleneck(), Bottleneck::generator);
}

TEST(Bottleneck, IsTheSync) {
    PhaseWith phase;
    phase.always("latency_p95_ms", 180).always("disk_busy_percent", 96);
    EXPECT_EQ(phase.bottleneck(), Bottleneck::sync);
    EXPECT_EQ(phase.reason(), "the latency's p95 is 180 ms; the disk is busy for 96 % of the time");
}

TEST(Bottleneck, IsTheStoreThatFallsBehind) {
    PhaseWith phase;
    phase.shaped("lag_events", [](int s) { return std::optional(s * 20.0); });
    phase.shaped("lag_events_timeseries", [](int s) { return std::optional(s * 200.0); });
    EXPECT_EQ(phase.bottleneck(), Bottleneck::store);
    EXPECT_EQ(phase.reason().substr(0, phase.reason().find(';')),
              "lag_events_timeseries grows by 200 events a second");
    // 5 % of the rate is the least that counts.
    phase.shaped("lag_events_timeseries", [](int s) { return std::optional(s * 49.0); });
    EXPECT_EQ(phase.bottleneck(), Bottleneck::none);
}

TEST(Bottleneck, IsTheNetworkWhenEveryRequestIsAsSlow) {
    PhaseWith phase;
    phase.always("latency_p95_ms", 210).always("latency_p50_ms", 120);
    phase.always("response_time_ms", 110);
    EXPECT_EQ(phase.bottleneck(), Bottleneck::network);
    phase.always("response_time_ms", 20);
    EXPECT_EQ(phase.bottleneck(), Bottleneck::unexplained);
}

TEST(Bottleneck, SaysWhatWasNotMeasured) {
    PhaseWith phase;
    phase.always("latency_p95_ms", 210);
    std::erase_if(phase.phase().series,
                  [](const Series& series) { return series.name == "disk_busy_percent"; });
    EXPECT_EQ(phase.reason(),
              "the latency's p95 is 210 ms; nothing that was measured was at its "
              "limit; not measured: disk_busy_percent");
}

TEST(Bottleneck, LooksAtTheBusyTimeAlone) {
    // Steps: in the last third the load is ten times as high, and there alone the CPU is used up.
    PhaseWith phase;
    const auto step = [](double low, double high) {
        return [=](int s) { return std::optional(s < 40 ? low : high); };
    };
    phase.shaped("offered_events_per_s", step(100, 1'000));
    phase.shaped("throughput_events_per_s", step(100, 800));
    phase.shaped("host_cpu_percent", step(10, 99));
    EXPECT_EQ(phase.bottleneck(), Bottleneck::cpu);
    EXPECT_DOUBLE_EQ(bottleneck_of(phase.phase())->events_per_s, 800);
}

TEST(Bottleneck, IsNotWhatAFaultDoes) {
    PhaseWith phase;
    phase.shaped("lag_events",
                 [](int s) { return std::optional(s < 20 || s > 50 ? 0.0 : s * 900.0); });
    EXPECT_EQ(phase.bottleneck(), Bottleneck::none);
    phase.shaped("lag_events", [](int s) { return std::optional(s < 20 ? 0.0 : s * 900.0); });
    EXPECT_EQ(phase.bottleneck(), Bottleneck::store);
    phase.phase().faults = {{"kill", "redis", kBegan + 20 * kSecondUs, kBegan + 40 * kSecondUs,
                             kBegan + 60 * kSecondUs}};
    EXPECT_EQ(phase.bottleneck(), Bottleneck::none);
}

TEST(Bottleneck, IsNotJudgedWithoutARate) {
    PhaseWith phase;
    std::erase_if(phase.phase().series,
                  [](const Series& series) { return series.name == "throughput_events_per_s"; });
    EXPECT_FALSE(bottleneck_of(phase.phase()));
    RunReport run;
    run.phases = {phase.phase()};
    judge_bottleneck(run);
    EXPECT_EQ(run.bottleneck, "");
}

TEST(Bottleneck, OfARunIsThatOfTheBusiestPhaseWhichHasOne) {
    PhaseWith kept;
    PhaseWith slow;
    slow.always("throughput_events_per_s", 500).always("host_cpu_percent", 97);
    slow.phase().id = "3.1";
    RunReport run;
    run.phases = {kept.phase(), slow.phase()};
    judge_bottleneck(run);
    EXPECT_EQ(run.bottleneck, "CPU");
    EXPECT_TRUE(run.bottleneck_reason.starts_with("3.1: 500 of 1,000 events/s"));
    run.phases.pop_back();
    judge_bottleneck(run);
    EXPECT_EQ(run.bottleneck, "none");
}

}  // namespace
}  // namespace cellmon::harness::report
