// Goal: removing payloads takes them from the disk and nothing else: ids, hashes, places and the
// chain stay, a resend is a duplicate; whatever ends the work, a segment has all of its payloads or
// none of them.
// Method: a journal of several segments on a faulty file system; the work is cut off before each of
// its operations, with a process that ends or a machine that loses its power, and done again.
#include "journal/removal.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "io/faulty_file_system.hpp"
#include "journal/cut.hpp"
#include "journal/export_line.hpp"
#include "journal/inspect.hpp"
#include "journal/journal_testing.hpp"
#include "journal/recovery.hpp"
#include "journal/redactions.hpp"
#include "journal/verify.hpp"

namespace cellmon::journal {
namespace {

using Restart = io::FaultyFileSystem::Restart;

constexpr const char* kRemovalFolder = "/d/journal";
constexpr const char* kOldContent = "answer=";
constexpr int kRemovalGroups = 12;
constexpr std::uint64_t kRemovalEntries = 36;

std::string old_text(std::uint64_t sequence) {
    return fmt::format("{}{} {}", kOldContent, sequence, std::string(180, 'x'));
}

/// 36 entries in groups of three over several segments, the last of which is open.
class RemovalWorld {
  public:
    explicit RemovalWorld(std::uint64_t seed) : files_(seed) {
        limits_.segment_bytes = 4096;
        limits_.disk_reserve_bytes = 0;
        limits_.id_memory_entries = 100;
    }

    Result<std::unique_ptr<CommitLog>> open() {
        return CommitLog::open(files_, kRemovalFolder, limits_, clock_, random_);
    }

    void fill() {
        auto log = open();
        ASSERT_TRUE(log) << log.error().message;
        for (int i = 0; i < kRemovalGroups; ++i) {
            std::vector<testing::Message> group;
            for (int j = 0; j < 3; ++j) {
                const auto sequence = static_cast<std::uint64_t>(3 * i + j + 1);
                group.push_back({fmt::format("{}", sequence), old_text(sequence)});
            }
            ASSERT_TRUE(testing::commit(**log, group));
        }
        id_ = (*log)->identity().journal_id;
        log->reset();
        before_ = *testing::read_all(files_, kRemovalFolder);
        ASSERT_EQ(before_.size(), kRemovalEntries);
        sealed_ = *sealed_segments(files_, kRemovalFolder, id_);
        ASSERT_GE(sealed_.size(), 2U);
    }

    /// Of the first two segments.
    Result<std::uint64_t> remove() {
        CELLMON_TRY_ASSIGN(const auto lock, files_.lock(fmt::format("{}/lock", kRemovalFolder)));
        std::uint64_t freed = 0;
        for (std::size_t i = 0; i < 2; ++i) {
            CELLMON_TRY_ASSIGN(
                const std::uint64_t bytes,
                remove_payloads(files_, kRemovalFolder, id_, sealed_[i].first_sequence));
            freed += bytes;
        }
        return freed;
    }

    [[nodiscard]] std::uint64_t removed_through() const { return sealed_[1].last_sequence; }

    /// The journal opens, takes no event twice, and differs from what it was at most in whole
    /// segments without payloads; how many entries have none.
    std::uint64_t expect_whole() {
        {
            auto log = open();
            EXPECT_TRUE(log) << log.error().message;
            if (!log) return 0;
            const auto again = testing::commit(**log, {{"2", old_text(2)}, {"2", "another"}});
            EXPECT_TRUE(again);
            EXPECT_EQ(again->front().outcome, Outcome::duplicate);
            EXPECT_EQ(again->back().outcome, Outcome::conflict) << "hashes of content stay, too";
        }
        const auto verified = verify(files_, kRemovalFolder, {});
        EXPECT_TRUE(verified && !verified->damage);
        const auto stored = testing::read_all(files_, kRemovalFolder);
        EXPECT_TRUE(stored) << stored.error().message;
        if (!stored || stored->size() < before_.size()) return 0;
        std::uint64_t removed = 0;
        for (std::size_t i = 0; i < before_.size(); ++i) {
            const testing::StoredEntry& one = (*stored)[i];
            EXPECT_EQ(one.chain, before_[i].chain);
            EXPECT_EQ(one.header.id, before_[i].header.id);
            EXPECT_EQ(one.header.payload_crc, before_[i].header.payload_crc);
            EXPECT_EQ(one.payload, one.removed ? "" : before_[i].payload);
            removed += one.removed ? 1 : 0;
        }
        EXPECT_EQ(verified->removed, removed);
        EXPECT_EQ(*first_kept(files_, kRemovalFolder, id_), removed + 1) << "from the first on";
        return removed;
    }

    /// Bytes of the old content in all files that a writer left.
    std::size_t traces() {
        std::size_t found = 0;
        const auto names = files_.list(kRemovalFolder).value();
        for (const std::string& name : names) {
            const std::string bytes =
                io::read_file(files_, fmt::format("{}/{}", kRemovalFolder, name)).value();
            for (auto at = bytes.find(kOldContent); at != std::string::npos;
                 at = bytes.find(kOldContent, at + 1)) {
                ++found;
            }
        }
        return found;
    }

    io::FaultyFileSystem& files() { return files_; }
    [[nodiscard]] const Id128& id() const { return id_; }
    [[nodiscard]] const std::vector<SealedSegment>& sealed() const { return sealed_; }
    [[nodiscard]] const std::vector<testing::StoredEntry>& before() const { return before_; }

  private:
    io::FaultyFileSystem files_;
    testing::StepClock clock_;
    SeededRandom random_{7};
    JournalLimits limits_;
    Id128 id_;
    std::vector<SealedSegment> sealed_;
    std::vector<testing::StoredEntry> before_;
};

TEST(Removal, LeavesNothingOfThePayloadsAndAllElseAsItWas) {
    RemovalWorld world(11);
    world.fill();
    if (::testing::Test::HasFatalFailure()) return;
    ASSERT_EQ(world.traces(), kRemovalEntries);
    const auto freed = world.remove();
    ASSERT_TRUE(freed) << freed.error().message;
    EXPECT_GT(*freed, world.removed_through() * 180);
    EXPECT_EQ(world.traces(), kRemovalEntries - world.removed_through());
    EXPECT_EQ(world.expect_whole(), world.removed_through());
    EXPECT_EQ(world.remove().value(), 0U) << "there was nothing left to do";
}

TEST(Removal, SurvivesAnyEndAtAnyMoment) {
    std::uint64_t cuts = 0;
    for (const Restart how : {Restart::process, Restart::machine}) {
        bool was_cut = true;
        for (std::uint64_t nth = 1; was_cut; ++nth) {
            SCOPED_TRACE(fmt::format("operation {}, {}", nth, static_cast<int>(how)));
            RemovalWorld world(nth);
            world.fill();
            if (::testing::Test::HasFatalFailure()) return;
            world.files().stop_at(nth);
            const bool done = world.remove().has_value();
            was_cut = world.files().stopped();
            EXPECT_NE(done, was_cut);
            world.files().restart(how);
            world.expect_whole();
            ASSERT_TRUE(world.remove());
            world.files().restart(Restart::machine);
            EXPECT_EQ(world.expect_whole(), world.removed_through()) << "what is done is durable";
            cuts += was_cut ? 1 : 0;
        }
    }
    EXPECT_GT(cuts, 10U);
}

TEST(Removal, ASyncThatFailedPutsNothingInThePlace) {
    std::uint64_t failed = 0;
    for (std::uint64_t nth = 1;; ++nth) {
        RemovalWorld world(nth);
        world.fill();
        if (::testing::Test::HasFatalFailure()) return;
        world.files().fail_nth(io::Fault::failed_sync, nth);
        if (world.remove()) break;  // It has no more syncs than that.
        ++failed;
        world.files().restart(Restart::machine);
        world.expect_whole();
    }
    EXPECT_GE(failed, 2U);
}

TEST(Removal, SaysWhichSegmentsThereAreAndHowOldTheyAre) {
    RemovalWorld world(5);
    world.fill();
    if (::testing::Test::HasFatalFailure()) return;
    ASSERT_TRUE(world.remove());
    const auto sealed = sealed_segments(world.files(), kRemovalFolder, world.id());
    ASSERT_TRUE(sealed);
    std::uint64_t next = 1;
    TimeUs before_us = 0;
    for (std::size_t i = 0; i < sealed->size(); ++i) {
        const SealedSegment& one = (*sealed)[i];
        EXPECT_EQ(one.first_sequence, next);
        EXPECT_EQ(one.payloads_removed, i < 2);
        EXPECT_GT(one.newest_us, before_us);
        EXPECT_LT(one.begun_us, one.newest_us);
        const auto newest_us =
            newest_entry_us(world.files(), kRemovalFolder, world.id(), one.first_sequence);
        ASSERT_TRUE(newest_us);
        EXPECT_GE(*newest_us, one.begun_us);
        EXPECT_LT(*newest_us, one.newest_us) << "what follows is younger";
        EXPECT_EQ(one.newest_us, world.sealed()[i].newest_us) << "times stay";
        next = one.last_sequence + 1;
        before_us = one.newest_us;
    }
    EXPECT_LE(next, kRemovalEntries) << "the open segment is none of them";
    const auto inspected = inspect(world.files(), kRemovalFolder);
    ASSERT_TRUE(inspected);
    EXPECT_EQ(inspected->removed_through, world.removed_through());
    EXPECT_TRUE(inspected->segments.front().payloads_removed);
    EXPECT_FALSE(inspected->segments.back().payloads_removed);
}

TEST(Removal, AnOpenOrDamagedSegmentKeepsItsPayloads) {
    RemovalWorld world(6);
    world.fill();
    if (::testing::Test::HasFatalFailure()) return;
    const std::uint64_t open = world.sealed().back().last_sequence + 1;
    const auto refused = remove_payloads(world.files(), kRemovalFolder, world.id(), open);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    // A flipped bit in the head of the first record.
    const std::string path = fmt::format("{}/{}", kRemovalFolder, segment_name(1));
    {
        const auto file = world.files().open(path, io::OpenMode::read_write).value();
        std::array<std::byte, 1> byte{};
        ASSERT_TRUE(file->read_at(kSegmentHeaderBytes + 20, byte));
        byte[0] ^= std::byte{1};
        ASSERT_TRUE(file->write_at(kSegmentHeaderBytes + 20, byte));
    }
    const auto damaged = remove_payloads(world.files(), kRemovalFolder, world.id(), 1);
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, ErrorCode::corrupt);
    EXPECT_EQ(world.traces(), kRemovalEntries);
}

TEST(Removal, WhatWasErasedCountsAsErased) {
    RemovalWorld world(8);
    world.fill();
    if (::testing::Test::HasFatalFailure()) return;
    Redactions redactions;
    ASSERT_TRUE(redactions.add({{2, 2}}, world.files(), kRemovalFolder));
    ASSERT_TRUE(world.remove());
    const auto stored = testing::read_all(world.files(), kRemovalFolder);
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_TRUE((*stored)[1].redacted);
    EXPECT_FALSE((*stored)[1].removed) << "a fold passes over it as it always did";
    EXPECT_TRUE((*stored)[2].removed);
}

TEST(Removal, ReadersAtWorkGoOnAndLaterOnesSayWhatIsGone) {
    RemovalWorld world(3);
    world.fill();
    if (::testing::Test::HasFatalFailure()) return;
    auto reader = Reader::open(world.files(), kRemovalFolder, testing::everything);
    ASSERT_TRUE(reader);
    ASSERT_TRUE(reader->next());
    ASSERT_TRUE(world.remove());
    const auto rest = testing::drain(*reader);
    ASSERT_TRUE(rest) << rest.error().message;
    EXPECT_EQ(rest->size(), kRemovalEntries - 1);
    EXPECT_FALSE(rest->front().removed) << "it has the old file open";
    EXPECT_FALSE(rest->back().removed);
    // A cursor in the middle of what was removed still fits.
    auto later = Reader::open(world.files(), kRemovalFolder, testing::everything);
    ASSERT_TRUE(later);
    const Cursor middle{later->journal_id(), later->epoch(), 4, world.before()[3].chain};
    ASSERT_TRUE(later->seek(middle));
    const auto entry = later->next();
    ASSERT_TRUE(entry && *entry);
    EXPECT_TRUE((*entry)->removed);
    std::string line;
    append_export_line(line, **entry);
    EXPECT_NE(line.find("\"removed\":true,\"id\":\""), std::string::npos) << line;
    EXPECT_EQ(needs_snapshot(8).code, ErrorCode::needs_snapshot);
    EXPECT_NE(needs_snapshot(8).message.find("through sequence 7"), std::string::npos);
}

TEST(Removal, AJournalThatIsCutInWhatWasRemovedGoesOnBehindIt) {
    RemovalWorld world(4);
    world.fill();
    if (::testing::Test::HasFatalFailure()) return;
    ASSERT_TRUE(world.remove());
    {
        const auto lock = world.files().lock(fmt::format("{}/lock", kRemovalFolder));
        ASSERT_TRUE(lock);
        auto identity = read_identity(world.files(), kRemovalFolder).value().value();
        // In the middle of a record.
        const auto cut = cut_behind(world.files(), kRemovalFolder, identity, {}, 5);
        ASSERT_TRUE(cut) << cut.error().message;
        EXPECT_EQ(cut->chain, world.before()[4].chain);
        ++identity.epoch;
        ASSERT_TRUE(write_identity(world.files(), kRemovalFolder, identity));
        EXPECT_EQ(*first_kept(world.files(), kRemovalFolder, world.id()), 6U);
    }
    for (const char* id : {"new", "newer"}) {
        auto log = world.open();
        ASSERT_TRUE(log) << log.error().message;
        const auto stored = testing::commit(**log, {{id, "and a payload"}});
        ASSERT_TRUE(stored) << stored.error().message;
        EXPECT_EQ(stored->front().outcome, Outcome::stored);
    }
    const auto stored = testing::read_all(world.files(), kRemovalFolder);
    ASSERT_TRUE(stored) << stored.error().message;
    ASSERT_EQ(stored->size(), 7U);
    EXPECT_TRUE((*stored)[4].removed);
    EXPECT_EQ((*stored)[5].payload, "and a payload");
    EXPECT_EQ((*stored)[6].payload, "and a payload");
}

}  // namespace
}  // namespace cellmon::journal
