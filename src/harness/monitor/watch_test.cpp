// Goal: what is watched is what was named, and its sums are whole or open. Method: texts of the
// options, and samples made by hand.
#include "harness/monitor/watch.hpp"

#include <gtest/gtest.h>

#include "harness/monitor/process_meter.hpp"

namespace cellmon::harness::monitor {
namespace {

TEST(Watch, IsReadFromOptions) {
    EXPECT_EQ(Watch::by_pid("server=4711")->pid, 4711);
    EXPECT_EQ(Watch::by_port("postgresql=5432")->port, 5432);
    const auto command = Watch::by_command("influx=influxd -config=a");
    ASSERT_TRUE(command.has_value());
    EXPECT_EQ(command->name, "influx");
    EXPECT_EQ(command->command, "influxd -config=a");
}

TEST(Watch, WhatIsNoneIsRefused) {
    for (const char* bad : {"", "server", "=1", "server=", "server=x", "server=1x", "server=0",
                            "server=-1", "server=99999999999"}) {
        EXPECT_FALSE(Watch::by_pid(bad).has_value()) << bad;
    }
    EXPECT_FALSE(Watch::by_port("server=65536").has_value());
    EXPECT_FALSE(Watch::by_command("influxd").has_value());
}

Sample with_parts(Reading first_cpu, Reading second_cpu) {
    Sample sample;
    sample[Metric::host_cpu] = Reading::of(90);
    sample[Metric::generator_cpu] = Reading::of(25);
    sample.processes = {{"server", 1, std::move(first_cpu), Reading::of(100)},
                        {"redis", 2, std::move(second_cpu), Reading::of(50)}};
    return sample;
}

constexpr HostMemory kMemory{1'000'000'000, 400'000'000};

TEST(Totals, AreSumsOverTheParts) {
    Sample sample = with_parts(Reading::of(10), Reading::of(5));
    fill_totals(sample, kMemory);
    EXPECT_EQ(sample[Metric::cpu_percent].value, 15);
    EXPECT_EQ(sample[Metric::memory_mb].value, 150);
    EXPECT_EQ(sample[Metric::memory_percent].value, 15);
}

TEST(Totals, StayOpenWhereAPartCouldNotBeRead) {
    Sample sample = with_parts(Reading::of(10), Reading::none("redis: the process 2 has ended"));
    fill_totals(sample, kMemory);
    EXPECT_FALSE(sample[Metric::cpu_percent].value.has_value());
    EXPECT_EQ(sample[Metric::cpu_percent].reason, "redis: the process 2 has ended");
    EXPECT_EQ(sample[Metric::memory_mb].value, 150);
}

TEST(Totals, AreTheHostsWithoutItsGeneratorsWhereNothingIsWatched) {
    Sample sample = with_parts({}, {});
    sample.processes.clear();
    fill_totals(sample, kMemory);
    EXPECT_EQ(sample[Metric::cpu_percent].value, 65);
    EXPECT_EQ(sample[Metric::memory_mb].value, 600);
    EXPECT_EQ(sample[Metric::memory_percent].value, 60);
    sample[Metric::host_memory] = Reading::none("no /proc/meminfo");
    fill_totals(sample, std::nullopt);
    EXPECT_FALSE(sample[Metric::memory_mb].value.has_value());
    EXPECT_EQ(sample[Metric::memory_percent].reason, "no /proc/meminfo");
}

}  // namespace
}  // namespace cellmon::harness::monitor
