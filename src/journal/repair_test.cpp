// Goal: a repair cuts at the first damage and nowhere else, keeps every byte it takes away, starts
// a new history exactly when entries go, and says truly how many go. Method: damage is planted in a
// journal of small segments; after the repair the journal is opened and written on. A file system
// that stops working at its n-th change stands for crashes.
#include "journal/repair.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "journal/checked_text.hpp"
#include "journal/inspect.hpp"
#include "journal/journal_testing.hpp"
#include "journal/recovery.hpp"

namespace cellmon::journal {
namespace {

using testing::Bench;
using testing::commit;
using testing::read_bytes;
using testing::write_bytes;

constexpr std::uint64_t kGroups = 40;  // Of one entry each.
constexpr TimeUs kNow = 1'700'000'000'000'000;

struct Damaged : Bench {
    std::vector<std::uint64_t> firsts;

    Damaged() {
        auto log = open();
        for (std::uint64_t i = 0; i < kGroups; ++i)
            EXPECT_TRUE(commit(**log, {{fmt::format("{}", i), std::string(400, 'x')}}));
        firsts = *list_segments(*files, folder.path());
        EXPECT_GE(firsts.size(), 4U);
    }
    [[nodiscard]] std::string path(std::size_t segment) const {
        return folder / segment_name(firsts[segment]);
    }
    void flip(std::size_t segment, std::size_t offset) const {
        testing::flip_bit(path(segment), offset);
    }
    [[nodiscard]] std::uint64_t entries() { return stored()->size(); }
};

/// Bytes of one record of the journal above.
constexpr std::size_t kRecordBytes = align_record(record_head_bytes(1) + 400);

TEST(Repair, HasNothingToDoWithASoundJournal) {
    const Damaged journal;
    const auto repair = Repair::open(*journal.files, journal.folder.path(), nullptr);
    ASSERT_TRUE(repair);
    EXPECT_FALSE(repair->needed());
}

TEST(Repair, RefusesWhileAWriterHoldsTheLock) {
    Damaged journal;
    const auto log = journal.open();
    ASSERT_TRUE(log);
    EXPECT_EQ(Repair::open(*journal.files, journal.folder.path(), nullptr).error().code,
              ErrorCode::locked);
}

TEST(Repair, CutsAtTheDamageKeepsTheFilesAndRaisesTheEpoch) {
    Damaged journal;
    journal.flip(1, kSegmentHeaderBytes + 2 * kRecordBytes + 200);
    const std::string damaged_bytes = read_bytes(journal.path(1));
    const std::string later_bytes = read_bytes(journal.path(2));
    std::string kept_in;
    {
        auto repair = Repair::open(*journal.files, journal.folder.path(), nullptr);
        ASSERT_TRUE(repair);
        ASSERT_TRUE(repair->needed());
        const std::uint64_t cut = journal.firsts[1] + 2;
        EXPECT_EQ(repair->verification().damage->end.next_sequence, cut);
        EXPECT_EQ(repair->behind().entries, kGroups - cut);
        EXPECT_EQ(repair->behind().last_sequence, kGroups);
        const auto applied = repair->apply(kNow);
        ASSERT_TRUE(applied) << applied.error().message;
        EXPECT_EQ(applied->identity.epoch, 2U);
        kept_in = applied->kept_in;
        EXPECT_EQ(kept_in, journal.folder / "damaged-20231114T221320Z");
    }
    EXPECT_EQ(read_bytes(kept_in + "/" + segment_name(journal.firsts[1])), damaged_bytes);
    EXPECT_EQ(read_bytes(kept_in + "/" + segment_name(journal.firsts[2])), later_bytes);

    auto log = journal.open();
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ((*log)->identity().epoch, 2U);
    EXPECT_EQ((*log)->end().sequence, journal.firsts[1] + 1);
    // The ids that went may come again; those that stayed are still known.
    const auto entries = commit(**log, {{"0", std::string(400, 'x')},
                                        {fmt::format("{}", kGroups - 1), std::string(400, 'x')}});
    ASSERT_TRUE(entries);
    EXPECT_EQ((*entries)[0].outcome, Outcome::duplicate);
    EXPECT_EQ((*entries)[1].outcome, Outcome::stored);
    EXPECT_EQ(journal.entries(), journal.firsts[1] + 2);
}

/// Repairs, and opens again: the last sequence is `last`, in a new epoch, and what went may come
/// again.
void expect_loss_accepted(Damaged& journal, std::uint64_t last) {
    ASSERT_EQ(journal.open().error().code, ErrorCode::corrupt);
    {
        auto repair = Repair::open(*journal.files, journal.folder.path(), nullptr);
        ASSERT_TRUE(repair && repair->needed());
        EXPECT_EQ(repair->verification().damage->missing, kGroups - last);
        const auto applied = repair->apply(kNow);
        ASSERT_TRUE(applied) << applied.error().message;
    }
    EXPECT_EQ(inspect(*journal.files, journal.folder.path())->missing, 0U);
    const auto identity = read_identity(*journal.files, journal.folder.path()).value().value();
    EXPECT_EQ(identity.epoch, 2U);
    EXPECT_EQ(read_durable(*journal.files, journal.folder.path(), identity).value(), last);
    auto log = journal.open();
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ((*log)->end().sequence, last);
    const auto entries = commit(**log, {{fmt::format("{}", kGroups - 1), std::string(400, 'x')}});
    ASSERT_TRUE(entries);
    EXPECT_EQ((*entries)[0].outcome, Outcome::stored);
}

TEST(Repair, AcceptsTheLossOfADamagedLastRecord) {
    Damaged journal;
    const std::size_t last = journal.firsts.size() - 1;
    const auto inspection = inspect(*journal.files, journal.folder.path());
    journal.flip(last, inspection->segments.back().used_bytes - 20);
    expect_loss_accepted(journal, kGroups - 1);
}

TEST(Repair, AcceptsTheLossOfTheLastSegment) {
    Damaged journal;
    ASSERT_TRUE(journal.files->remove(journal.path(journal.firsts.size() - 1)));
    expect_loss_accepted(journal, journal.firsts.back() - 1);
}

TEST(Repair, AcceptsTheLossOfEverySegment) {
    Damaged journal;
    for (std::size_t i = 0; i < journal.firsts.size(); ++i)
        ASSERT_TRUE(journal.files->remove(journal.path(i)));
    expect_loss_accepted(journal, 0);
}

TEST(Repair, MovesASegmentWithoutValidBeginning) {
    Damaged journal;
    journal.flip(1, 20);
    auto repair = Repair::open(*journal.files, journal.folder.path(), nullptr);
    ASSERT_TRUE(repair && repair->needed());
    // Without its header the damaged segment's entries cannot be told from chance.
    EXPECT_EQ(repair->behind().entries, kGroups + 1 - journal.firsts[2]);
    ASSERT_TRUE(repair->apply(kNow));
    EXPECT_FALSE(*journal.files->exists(journal.path(1)));
    EXPECT_EQ(journal.entries(), journal.firsts[1] - 1);
}

TEST(Repair, CutsBehindAMissingSegment) {
    Damaged journal;
    ASSERT_TRUE(journal.files->remove(journal.path(1)));
    {
        auto repair = Repair::open(*journal.files, journal.folder.path(), nullptr);
        ASSERT_TRUE(repair && repair->needed());
        EXPECT_EQ(repair->behind().entries, kGroups + 1 - journal.firsts[2]);
        ASSERT_TRUE(repair->apply(kNow));
    }
    EXPECT_TRUE(journal.open());
    EXPECT_EQ(journal.entries(), journal.firsts[1] - 1);
}

TEST(Repair, WritesABrokenFooterAgainWithoutLosingAnything) {
    Damaged journal;
    const std::string sound = read_bytes(journal.path(1));
    journal.flip(1, sound.size() - 1);
    {
        auto repair = Repair::open(*journal.files, journal.folder.path(), nullptr);
        ASSERT_TRUE(repair && repair->needed());
        const auto applied = repair->apply(kNow);
        ASSERT_TRUE(applied);
        EXPECT_EQ(applied->identity.epoch, 1U);
    }
    EXPECT_EQ(read_bytes(journal.path(1)), sound);
    EXPECT_TRUE(journal.open());
    EXPECT_EQ(journal.entries(), kGroups);
}

TEST(Repair, ForgetsRedactionsOfSequencesThatAreGivenAgain) {
    Damaged journal;
    journal.flip(1, kSegmentHeaderBytes + 20);
    write_bytes(journal.folder / kRedactionsFile,
                with_checksum(fmt::format("cellmon-redactions 1\n2 {}\n{} {}\n", kGroups - 1,
                                          kGroups, kGroups)));
    {
        auto repair = Repair::open(*journal.files, journal.folder.path(), nullptr);
        ASSERT_TRUE(repair && repair->needed());
        ASSERT_TRUE(repair->apply(kNow));
    }
    const auto redactions = Redactions::read(*journal.files, journal.folder.path());
    ASSERT_TRUE(redactions);
    EXPECT_EQ(redactions->ranges(), (std::vector<Redactions::Range>{{2, journal.firsts[1] - 1}}));
}

/// Fails every change of the file system after the first `allowed` ones, as a crash would.
class StoppingFiles final : public io::FileSystem {
  public:
    StoppingFiles(io::FileSystem& real, int allowed) : real_(real), allowed_(allowed) {}

    Result<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override {
        if (mode != io::OpenMode::read) CELLMON_TRY(change());
        return real_.open(path, mode);
    }
    Result<void> rename(const std::string& from, const std::string& to) override {
        CELLMON_TRY(change());
        return real_.rename(from, to);
    }
    Result<void> remove(const std::string& path) override {
        CELLMON_TRY(change());
        return real_.remove(path);
    }
    Result<void> make_directories(const std::string& path) override {
        CELLMON_TRY(change());
        return real_.make_directories(path);
    }
    Result<void> sync_directory(const std::string& path) override {
        return real_.sync_directory(path);
    }
    Result<std::vector<std::string>> list(const std::string& path) override {
        return real_.list(path);
    }
    Result<bool> exists(const std::string& path) override { return real_.exists(path); }
    Result<std::uint64_t> free_bytes(const std::string& path) override {
        return real_.free_bytes(path);
    }
    Result<std::unique_ptr<io::FileLock>> lock(const std::string& path) override {
        return real_.lock(path);
    }
    Result<bool> is_locked(const std::string& path) override { return real_.is_locked(path); }

  private:
    Result<void> change() {
        if (allowed_-- > 0) return {};
        return fail(ErrorCode::io, "stopped here");
    }

    io::FileSystem& real_;
    int allowed_;
};

TEST(Repair, CanBeRepeatedAfterStoppingAtAnyStep) {
    for (int allowed = 0;; ++allowed) {
        Damaged journal;
        journal.flip(1, kSegmentHeaderBytes + 2 * kRecordBytes + 200);
        StoppingFiles stopping(*journal.files, allowed);
        bool finished = false;
        {
            auto repair = Repair::open(stopping, journal.folder.path(), nullptr);
            ASSERT_TRUE(repair && repair->needed());
            finished = repair->apply(kNow).has_value();
        }
        if (!finished) {
            auto again = Repair::open(*journal.files, journal.folder.path(), nullptr);
            ASSERT_TRUE(again) << again.error().message;
            if (again->needed()) {
                ASSERT_TRUE(again->apply(kNow)) << allowed;
            }
        }
        EXPECT_EQ(journal.entries(), journal.firsts[1] + 1) << allowed;
        EXPECT_GE(read_identity(*journal.files, journal.folder.path()).value()->epoch, 2U);
        EXPECT_TRUE(journal.open());
        if (finished) {
            EXPECT_GT(allowed, 5);
            break;
        }
    }
}

}  // namespace
}  // namespace cellmon::journal
