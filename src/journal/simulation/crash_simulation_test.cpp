// Goal: whatever the disk does, an acknowledged entry is there exactly once after the next opening,
// in its place and with its payload; nothing is there that was not sent; a mere crash is never
// taken for damage.
// Method: many lives of a journal on a seeded faulty disk, each of 200 steps (commits of new,
// resent and conflicting items, background work, reopenings, stops in the middle of an operation,
// faults of every kind), compared with a ledger outside after each opening. CELLMON_SEEDS says how
// many seeds, CELLMON_FIRST_SEED where they begin; a seed has one thread, and a core has one seed.
// Kinds of fault that hardly happened fail the run.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "journal/simulation/every_core.hpp"
#include "journal/simulation/simulation.hpp"

namespace cellmon::journal::simulation {
namespace {

constexpr std::uint64_t kWantedHits = 100;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void print(const Tally& tally, std::uint64_t seeds) {
    fmt::print("{} seeds, {} steps, {} commits, {} entries in {} sealed segments\n", seeds,
               tally.steps, tally.commits, tally.entries, tally.sealed_segments);
    fmt::print("{} openings, {} of them failed, {} stopped in the middle of recovery\n",
               tally.openings, tally.failed_openings, tally.stopped_in_recovery);
    fmt::print("{} times poisoned, {} groups refused for lack of space, {} unknown groups found\n",
               tally.poisoned, tally.out_of_space, tally.unknown_kept);
    for (std::size_t i = 0; i < tally.hits.size(); ++i)
        fmt::print("  {:<26}{:>10}\n", io::name_of(static_cast<io::Fault>(i)), tally.hits[i]);
}

TEST(CrashSimulation, KeepsWhatItAcknowledgedOnAFaultyDisk) {
    const std::uint64_t first = from_environment("CELLMON_FIRST_SEED", 1);
    const std::uint64_t seeds = from_environment("CELLMON_SEEDS", CELLMON_DEFAULT_SEEDS);
    constexpr int kShownFailures = 5;
    std::atomic<std::uint64_t> next = first;
    std::atomic<int> failures = 0;
    std::mutex mutex;
    Tally tally;  // Guarded by `mutex`.
    on_every_core([&] {
        for (std::uint64_t seed = next++; seed < first + seeds && failures < kShownFailures;
             seed = next++) {
            Simulation simulation(seed);
            const auto wrong = simulation.run();
            const std::lock_guard lock(mutex);
            tally.add(simulation.tally());
            if (!wrong) continue;
            ++failures;
            ADD_FAILURE() << "seed " << seed << ", " << *wrong
                          << "\nRepeat it: CELLMON_FIRST_SEED=" << seed
                          << " CELLMON_SEEDS=1 cellmon_journal_simulation_test "
                             "--gtest_filter='CrashSimulation.*'";
        }
    });
    print(tally, seeds);
    if (failures > 0 || seeds == 1) return;
    for (std::size_t i = 0; i < tally.hits.size(); ++i) {
        EXPECT_GE(tally.hits[i], kWantedHits)
            << io::name_of(static_cast<io::Fault>(i)) << " hardly ever happened";
    }
    EXPECT_GE(tally.stopped_in_recovery, kWantedHits);
    EXPECT_GE(tally.unknown_kept, kWantedHits);
    EXPECT_GE(tally.out_of_space, kWantedHits);
}

}  // namespace
}  // namespace cellmon::journal::simulation
