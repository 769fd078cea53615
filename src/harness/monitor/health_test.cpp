// Goal: each threshold is kept exactly, and says why. Method: values around each limit, and random
// samples: what becomes worse never makes the health better.
#include "harness/monitor/health.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "harness/monitor/statistics.hpp"

namespace cellmon::harness::monitor {
namespace {

struct Judged {
    Metric metric;
    Limit Thresholds::* limit;
};
constexpr Judged kJudged[] = {{Metric::cpu_percent, &Thresholds::cpu},
                              {Metric::memory_percent, &Thresholds::memory},
                              {Metric::response_time, &Thresholds::response_time},
                              {Metric::error_rate, &Thresholds::error_rate}};

TEST(Health, NamesAndInfosAreInTheOrderOfTheMetrics) {
    for (std::size_t i = 0; i < kMetrics; ++i)
        EXPECT_EQ(static_cast<std::size_t>(metric_infos()[i].metric), i);
}

TEST(Health, TheThresholdsOfTheRequirements) {
    const Thresholds thresholds;
    EXPECT_EQ(thresholds.cpu.warning, 70);
    EXPECT_EQ(thresholds.cpu.critical, 85);
    EXPECT_TRUE(thresholds.check().has_value());
}

TEST(Health, EachLimitHoldsFromItsValueOn) {
    const Thresholds thresholds;
    for (const auto& [metric, member] : kJudged) {
        const Limit& limit = thresholds.*member;
        const auto status = [&, which = metric](double value) {
            Sample sample;
            sample[which] = Reading::of(value);
            const Health health = judge(sample, thresholds);
            EXPECT_EQ(health.reasons.size(), health.status == Status::healthy ? 0U : 1U);
            return health.status;
        };
        EXPECT_EQ(status(0), Status::healthy);
        EXPECT_EQ(status(limit.warning * 0.999), Status::healthy);
        EXPECT_EQ(status(limit.warning), Status::warning);
        EXPECT_EQ(status(limit.critical * 0.999), Status::warning);
        EXPECT_EQ(status(limit.critical), Status::critical);
    }
}

TEST(Health, SaysWhy) {
    Sample sample;
    sample[Metric::cpu_percent] = Reading::of(91.26);
    sample[Metric::memory_percent] = Reading::of(80);
    sample[Metric::response_time] = Reading::of(612.34);
    sample[Metric::error_rate] = Reading::of(0.0125);
    sample.troubles.push_back({Status::critical, "the server does not answer"});
    const Health health = judge(sample, {});
    EXPECT_EQ(health.status, Status::critical);
    EXPECT_EQ(
        health.reasons,
        (std::vector<std::string>{
            "the server does not answer", "CPU is at 91.3 % of all cores; critical from 85 % on",
            "1.25 % of the requests are answered with an error; critical from 1 % on",
            "memory is at 80.0 %; a warning from 75 % on",
            "the server answers in 612.3 ms; a warning from 500 ms on"}));
}

TEST(Health, WhatCouldNotBeReadIsNoReason) {
    Sample sample;
    for (Reading& reading : sample.readings)
        reading = Reading::none("not asked for");
    EXPECT_EQ(judge(sample, {}).status, Status::healthy);
}

TEST(Health, ThresholdsThatMakeNoSenseAreRefused) {
    for (const auto& [metric, member] : kJudged) {
        for (const Limit bad : {Limit{2, 1}, Limit{-1, 1}, Limit{0, 1.0 / 0.0}}) {
            Thresholds thresholds;
            thresholds.*member = bad;
            EXPECT_FALSE(thresholds.check().has_value());
        }
    }
}

TEST(Health, WorseIsNeverBetter) {
    EXPECT_TRUE(rc::check("a higher value never improves the health", [] {
        Sample sample;
        for (const auto& [metric, member] : kJudged)
            sample[metric] = Reading::of(*rc::gen::inRange(0, 2'000));
        const Status before = judge(sample, {}).status;
        const auto& [metric, member] = kJudged[*rc::gen::inRange(0, 4)];
        *sample[metric].value += *rc::gen::inRange(0, 2'000);
        RC_ASSERT(judge(sample, {}).status >= before);
    }));
}

TEST(StatisticsOfARun, AreThoseOfItsValues) {
    EXPECT_FALSE(Statistics().current().has_value());
    EXPECT_FALSE(Statistics().average().has_value());
    EXPECT_FALSE(Statistics().peak().has_value());
    EXPECT_FALSE(Statistics().growth().has_value());
    EXPECT_TRUE(rc::check("current, average, peak, growth", [] {
        const auto values = *rc::gen::nonEmpty(
            rc::gen::container<std::vector<int>>(rc::gen::inRange(-1'000, 1'000)));
        Statistics statistics;
        double sum = 0;
        for (const int value : values) {
            statistics.add(value);
            sum += value;
        }
        RC_ASSERT(statistics.count() == values.size());
        RC_ASSERT(*statistics.current() == values.back());
        RC_ASSERT(*statistics.peak() == *std::max_element(values.begin(), values.end()));
        RC_ASSERT(*statistics.growth() == values.back() - values.front());
        RC_ASSERT(*statistics.average() == sum / static_cast<double>(values.size()));
    }));
}

}  // namespace
}  // namespace cellmon::harness::monitor
