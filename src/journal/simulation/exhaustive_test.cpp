// Goal: no way in which a power failure can treat a small journal breaks a law; here nothing is
// left to chance.
// Method: a trace of commits that also rolls a segment is cut off before every single file system
// operation; for each cut every combination of lost, kept, torn and garbage sectors, sizes and
// directory operations is tried, in the order of an odometer.
#include <atomic>

#include <gtest/gtest.h>

#include "base/crc32c.hpp"
#include "journal/simulation/every_core.hpp"
#include "journal/simulation/simulation.hpp"

namespace cellmon::journal::simulation {
namespace {

/// States tried for each cut; 0 is all of them. Only builds with sanitizers set another bound.
constexpr std::uint64_t kStatesPerCut = CELLMON_STATES_PER_CUT;

constexpr const char* kFolder = "/data/journal";

/// Walks through all sequences of choices, the last one changing fastest.
class Odometer {
  public:
    std::uint32_t choose(std::uint32_t options) {
        if (at_ == digits_.size()) digits_.push_back({0, options});
        EXPECT_EQ(digits_[at_].options, options) << "the same choices must meet the same questions";
        return digits_[at_++].value;
    }
    /// False: all were tried.
    bool advance() {
        at_ = 0;
        while (!digits_.empty() && digits_.back().value + 1 == digits_.back().options)
            digits_.pop_back();
        if (digits_.empty()) return false;
        ++digits_.back().value;
        return true;
    }

  private:
    struct Digit {
        std::uint32_t value;
        std::uint32_t options;
    };
    std::vector<Digit> digits_;
    std::size_t at_ = 0;
};

struct World {
    io::FaultyFileSystem files{1};
    CountingClock clock;
    SeededRandom random{1};
    JournalLimits limits;
    Ledger ledger;
    std::unique_ptr<CommitLog> log;

    World() {
        limits.segment_bytes = 2048;
        // No file of the index: its many sectors would hide the journal's own. The seeds have them.
        limits.id_memory_entries = 100;
    }
    bool open() {
        auto opened = CommitLog::open(files, kFolder, limits, clock, random);
        if (opened) log = std::move(*opened);
        return opened.has_value();
    }
    bool commit(std::uint64_t number, std::size_t count) {
        std::vector<Item> group;
        for (std::size_t i = 0; i < count; ++i)
            group.push_back({number + i, 0});
        std::vector<std::string> payloads;
        for (const Item& item : group)
            payloads.push_back(item.payload());
        std::vector<NewEntry> entries(count);
        std::vector<NewEntry*> pointers;
        for (std::size_t i = 0; i < count; ++i) {
            entries[i].id = group[i].id();
            entries[i].content_hash = group[i].content_hash();
            entries[i].payload = payloads[i];
            entries[i].payload_crc = crc32c(payloads[i]);
            pointers.push_back(&entries[i]);
        }
        const Plan plan = ledger.plan(group);
        if (!log->commit(pointers)) {
            ledger.leave_unknown(plan);
            return false;
        }
        ledger.acknowledge(plan, log->written());
        return true;
    }
    /// Three small groups, a segment prepared, one sealed and another begun.
    void trace() {
        if (!open()) return;
        if (!commit(1, 4)) return;
        static_cast<void>(log->maintain());
        if (!commit(5, 6)) return;
        static_cast<void>(commit(11, 6));
    }
};

TEST(ExhaustiveCrash, EveryCutOfASmallTraceAndEverySurvivingStateIsRecovered) {
    std::uint64_t whole = 0;
    {
        World world;
        world.trace();
        whole = world.files.operations();
        ASSERT_EQ(world.ledger.size(), 16U);
        ASSERT_GE(world.log->segments(), 2U);
    }
    std::atomic<std::uint64_t> next = 1;
    std::atomic<std::uint64_t> states = 0;
    std::atomic<std::uint64_t> found_unknown = 0;
    const auto try_all_states = [&](std::uint64_t cut) {
        Odometer odometer;
        std::uint64_t state = 0;
        do {
            World world;
            world.files.set_fates(
                {[&](std::uint32_t options) { return odometer.choose(options); }, 4});
            world.files.stop_at(cut);
            world.trace();
            world.log.reset();
            world.files.restart(io::FaultyFileSystem::Restart::machine);
            world.files.set_fates({});
            ++state;
            const std::uint64_t acknowledged = world.ledger.size();
            ASSERT_TRUE(world.open()) << "cut at operation " << cut << ", state " << state;
            const auto wrong = world.ledger.check(world.files, *world.log);
            ASSERT_FALSE(wrong) << "cut at operation " << cut << ", state " << state << ": "
                                << *wrong;
            if (world.ledger.size() > acknowledged) ++found_unknown;
            ASSERT_TRUE(world.commit(100, 2));
        } while (odometer.advance() && (kStatesPerCut == 0 || state < kStatesPerCut));
        states += state;
    };
    on_every_core([&] {
        for (std::uint64_t cut = next++; cut <= whole + 1 && !HasFailure(); cut = next++)
            try_all_states(cut);
    });
    std::printf("%lu operations, %lu surviving states, an unknown group found in %lu\n",
                static_cast<unsigned long>(whole), static_cast<unsigned long>(states.load()),
                static_cast<unsigned long>(found_unknown.load()));
    EXPECT_GE(states, 1000U);
    EXPECT_GE(found_unknown, 1U);
}

}  // namespace
}  // namespace cellmon::journal::simulation
