// Goal: a part of the system is counted whole and once, while its processes come and go. Method:
// tables as the kernel would show them.
#include "harness/monitor/process_family.hpp"

#include <gtest/gtest.h>

namespace cellmon::harness::monitor {
namespace {

ProcessTable table_of(std::initializer_list<ProcessStat> processes) {
    ProcessTable table;
    for (const ProcessStat& process : processes)
        table[process.pid] = process;
    return table;
}

using Pids = std::vector<pid_t>;

TEST(ProcessFamily, AllThatARootHasStarted) {
    const auto table = table_of({{1, 0, 'S', 1, 0},
                                 {10, 1, 'S', 2, 0},
                                 {11, 10, 'R', 4, 0},
                                 {5, 11, 'S', 8, 0},
                                 {20, 1, 'S', 16, 0}});
    EXPECT_EQ(family_of(table, 10, {}), (Pids{10, 11, 5}));
    EXPECT_EQ(ticks_of(table, family_of(table, 10, {})), 14U);
    EXPECT_EQ(family_of(table, 10, {11}), Pids{10}) << "a generator and what it has started";
    EXPECT_EQ(family_of(table, 20, {20}), Pids{20}) << "a root is never apart from itself";
    EXPECT_TRUE(family_of(table, 30, {}).empty());
}

TEST(ProcessFamily, ARootThatHasEndedIsNone) {
    const auto table = table_of({{10, 1, 'Z', 2, 0}, {11, 10, 'S', 4, 0}});
    EXPECT_TRUE(family_of(table, 10, {}).empty());
}

TEST(ProcessFamily, AProcessThatIsItsOwnAncestorEndsTheSearch) {
    const auto table = table_of({{10, 11, 'S', 1, 0}, {11, 10, 'S', 2, 0}});
    EXPECT_EQ(family_of(table, 10, {}), (Pids{10, 11}));
}

TEST(ProcessFamily, CpuTimeOfAChildOutlivesIt) {
    // A session of PostgreSQL runs, has ended, was waited for.
    const auto runs = table_of({{10, 1, 'S', 100, 0}, {11, 10, 'R', 50, 0}});
    const auto ended = table_of({{10, 1, 'S', 100, 0}, {11, 10, 'Z', 60, 0}});
    const auto waited_for = table_of({{10, 1, 'S', 160, 0}});
    EXPECT_EQ(ticks_of(runs, family_of(runs, 10, {})), 150U);
    EXPECT_EQ(ticks_of(ended, family_of(ended, 10, {})), 160U);
    EXPECT_EQ(ticks_of(waited_for, family_of(waited_for, 10, {})), 160U);
}

TEST(ProcessFamily, SharedPagesCountOnce) {
    EXPECT_EQ(pages_of({{100, 80}, {90, 85}, {50, 0}}), 20U + 5 + 50 + 85);
    EXPECT_EQ(pages_of({{10, 20}}), 20U) << "two figures that were not taken at one time";
    EXPECT_EQ(pages_of({}), 0U);
}

}  // namespace
}  // namespace cellmon::harness::monitor
