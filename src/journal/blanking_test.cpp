// Goal: what is blanked is gone from the disk for good, everything else stays as it was, and a
// payload is blank only where the list says so, whatever ends the work.
// Method: a journal of several segments on a faulty file system; the work is cut off before each of
// its operations, with a process that ends or a machine that loses its power, and done again.
#include "journal/blanking.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "io/faulty_file_system.hpp"
#include "journal/journal_testing.hpp"
#include "journal/redactions.hpp"

namespace cellmon::journal {
namespace {

using testing::commit;
using testing::StepClock;
using testing::StoredEntry;
using Restart = io::FaultyFileSystem::Restart;

constexpr const char* kBlankFolder = "/d/journal";
constexpr const char* kSecret = "taro@example.com";
constexpr int kBlankGroups = 12;
const std::vector<Redactions::Range> kBlankRanges{{5, 5}, {2, 3}, {20, 25}, {36, 36}};

bool is_secret(std::uint64_t sequence) {
    return std::any_of(kBlankRanges.begin(), kBlankRanges.end(), [&](const auto& range) {
        return sequence >= range.first && sequence <= range.second;
    });
}

/// 36 entries in groups of three over several segments, the last of which is open.
class BlankWorld {
  public:
    explicit BlankWorld(std::uint64_t seed) : files_(seed) {
        limits_.segment_bytes = 4096;
        limits_.disk_reserve_bytes = 0;
        limits_.id_memory_entries = 100;
    }

    Result<std::unique_ptr<CommitLog>> open() {
        return CommitLog::open(files_, kBlankFolder, limits_, clock_, random_);
    }

    void fill() {
        auto log = open();
        ASSERT_TRUE(log) << log.error().message;
        for (int i = 0; i < kBlankGroups; ++i) {
            std::vector<testing::Message> group;
            for (int j = 0; j < 3; ++j) {
                const auto sequence = static_cast<std::uint64_t>(3 * i + j + 1);
                const std::string who = is_secret(sequence) ? kSecret : "other@example.com";
                group.push_back({fmt::format("{}", sequence), who + std::string(180, 'x')});
            }
            ASSERT_TRUE(commit(**log, group));
        }
        ASSERT_GE((*log)->segments(), 3U);
        log->reset();
        before_ = *testing::read_all(files_, kBlankFolder);
    }

    Result<Blanked> erase() {
        CELLMON_TRY_ASSIGN(const auto lock, files_.lock(fmt::format("{}/lock", kBlankFolder)));
        CELLMON_TRY_ASSIGN(auto redactions, Redactions::read(files_, kBlankFolder));
        CELLMON_TRY(redactions.add(kBlankRanges, files_, kBlankFolder));
        return blank_payloads(files_, kBlankFolder);
    }

    /// Bytes of the secret in all files.
    std::size_t traces() {
        std::size_t found = 0;
        const auto names = files_.list(kBlankFolder).value();
        for (const std::string& name : names) {
            const std::string bytes =
                io::read_file(files_, fmt::format("{}/{}", kBlankFolder, name)).value();
            for (auto at = bytes.find(kSecret); at != std::string::npos;
                 at = bytes.find(kSecret, at + 1)) {
                ++found;
            }
        }
        return found;
    }

    /// The journal opens, and differs from what it was at most in payloads that are listed.
    void expect_whole(bool is_erased) {
        {
            auto log = open();
            ASSERT_TRUE(log) << log.error().message;
            const auto again = commit(**log, {{"5", kSecret + std::string(180, 'x')}});
            ASSERT_TRUE(again);
            EXPECT_EQ(again->front().outcome, Outcome::duplicate);
        }
        const auto stored = testing::read_all(files_, kBlankFolder);
        ASSERT_TRUE(stored) << stored.error().message;
        ASSERT_EQ(stored->size(), before_.size());
        for (std::size_t i = 0; i < before_.size(); ++i) {
            const StoredEntry& one = (*stored)[i];
            EXPECT_EQ(one.chain, before_[i].chain);
            EXPECT_EQ(one.header.id, before_[i].header.id);
            if (is_secret(i + 1) && (is_erased || one.redacted)) {
                EXPECT_TRUE(one.redacted);
                EXPECT_EQ(one.payload, "");
            } else {
                EXPECT_FALSE(one.redacted);
                EXPECT_EQ(one.payload, before_[i].payload);
            }
        }
    }

    io::FaultyFileSystem& files() { return files_; }

  private:
    io::FaultyFileSystem files_;
    StepClock clock_;
    SeededRandom random_{7};
    JournalLimits limits_;
    std::vector<StoredEntry> before_;
};

TEST(Blanking, LeavesNothingOfThePayloadsAndAllElseAsItWas) {
    BlankWorld world(11);
    world.fill();
    ASSERT_EQ(world.traces(), 10U);
    const auto blanked = world.erase();
    ASSERT_TRUE(blanked) << blanked.error().message;
    EXPECT_EQ(blanked->payloads, 10U);
    EXPECT_EQ(blanked->bytes, 10U * 196);
    EXPECT_EQ(world.traces(), 0U);
    world.expect_whole(true);
    EXPECT_EQ(world.erase()->payloads, 0U) << "there was nothing left to do";
}

TEST(Blanking, SurvivesAnyEndAtAnyMoment) {
    std::uint64_t cuts = 0;
    for (const Restart how : {Restart::process, Restart::machine}) {
        bool was_cut = true;
        for (std::uint64_t nth = 1; was_cut; ++nth) {
            SCOPED_TRACE(fmt::format("operation {}, {}", nth, static_cast<int>(how)));
            BlankWorld world(nth);
            world.fill();
            if (::testing::Test::HasFatalFailure()) return;
            world.files().stop_at(nth);
            const bool done = world.erase().has_value();
            was_cut = world.files().stopped();
            EXPECT_NE(done, was_cut);
            world.files().restart(how);
            world.expect_whole(false);
            const auto again = world.erase();
            ASSERT_TRUE(again) << again.error().message;
            world.files().restart(Restart::machine);
            EXPECT_EQ(world.traces(), 0U);
            world.expect_whole(true);
            cuts += was_cut ? 1 : 0;
        }
    }
    EXPECT_GT(cuts, 10U);
}

TEST(Blanking, ASyncThatFailedIsNoEndOfIt) {
    // Its pages are zeros for whoever looks, and not on the disk.
    std::uint64_t failed = 0;
    for (std::uint64_t nth = 1;; ++nth) {
        BlankWorld world(nth);
        world.fill();
        world.files().fail_nth(io::Fault::failed_sync, nth);
        if (world.erase()) break;  // It has no more syncs than that.
        ++failed;
        world.files().restart(Restart::process);
        ASSERT_TRUE(world.erase());
        world.files().restart(Restart::machine);
        EXPECT_EQ(world.traces(), 0U) << nth;
        world.expect_whole(true);
    }
    EXPECT_GT(failed, 2U);
}

TEST(Blanking, APlaceWithoutAJournalHasNothingToBlank) {
    io::FaultyFileSystem files(1);
    ASSERT_TRUE(files.make_directories(kBlankFolder));
    EXPECT_EQ(blank_payloads(files, kBlankFolder)->payloads, 0U);
}

TEST(Blanking, AReaderThatIsAtWorkGoesOn) {
    BlankWorld world(3);
    world.fill();
    auto reader = Reader::open(world.files(), kBlankFolder, testing::everything);
    ASSERT_TRUE(reader);
    ASSERT_TRUE((*reader).next());
    ASSERT_TRUE(world.erase());
    const auto rest = testing::drain(*reader);
    ASSERT_TRUE(rest) << rest.error().message;
    EXPECT_EQ(rest->size(), 35U);
    EXPECT_TRUE(rest->back().redacted);
}

}  // namespace
}  // namespace cellmon::journal
