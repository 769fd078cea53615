#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "io/faulty_file_system.hpp"
#include "journal/simulation/ledger.hpp"

namespace cellmon::journal::simulation {

/// A clock that moves by one microsecond with each look.
class CountingClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return 1'700'000'000'000'000 + ++steps_; }
    [[nodiscard]] std::int64_t steady_us() const override { return ++steps_; }

  private:
    mutable std::int64_t steps_ = 0;
};

/// What happened over all seeds, so that a run in which nothing happened can be told.
struct Tally {
    io::FaultHits hits{};
    std::uint64_t steps = 0;
    std::uint64_t commits = 0;
    std::uint64_t entries = 0;
    std::uint64_t openings = 0;
    std::uint64_t failed_openings = 0;
    std::uint64_t stopped_in_recovery = 0;
    std::uint64_t poisoned = 0;
    std::uint64_t out_of_space = 0;  ///< Commits refused without poison.
    std::uint64_t unknown_kept = 0;  ///< Failed groups that turned up after all.
    std::uint64_t sealed_segments = 0;

    void add(const Tally& other);
};

/// One journal's life on a faulty disk; everything follows from the seed.
class Simulation {
  public:
    static constexpr int kSteps = 200;

    explicit Simulation(std::uint64_t seed);

    /// What law was broken; nullopt: none.
    std::optional<std::string> run();
    [[nodiscard]] const Tally& tally() const { return tally_; }

  private:
    using Verdict = std::optional<std::string>;

    Verdict step();
    Verdict commit(const std::vector<Item>& group);
    Verdict settle();
    Verdict reopen();
    Verdict finish();
    std::vector<Item> random_group();
    Item random_item();
    void choose_faults();
    void faults_off();
    void close_and_restart();

    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

    std::mt19937_64 random_;
    SeededRandom journal_random_;
    CountingClock clock_;
    io::FaultyFileSystem files_;
    JournalLimits limits_;
    std::unique_ptr<CommitLog> log_;
    Ledger ledger_;
    std::vector<Item> failed_items_;  // Of the last commit that failed: their senders try again.
    std::uint64_t next_number_ = 1;
    std::array<double, io::kFaultKinds> rates_{};
    Tally tally_;
};

}  // namespace cellmon::journal::simulation
