// Goal: a look at the journal removes what is due and nothing else, heeds the backup's own word,
// and says what it has done. Method: a real journal of several segments in a folder, a clock of the
// test's own.
#include "retention/payloads.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "backup/covered.hpp"
#include "journal/journal_testing.hpp"
#include "journal/removal.hpp"
#include "retention/schedule.hpp"

namespace cellmon::retention {
namespace {

using journal::testing::Bench;

constexpr std::uint64_t kAllEntries = 60;
/// Behind the step clock, under which the journal is written.
constexpr TimeUs kTenDaysLater = 1'700'000'000'000'000 + 10 * kDayUs;

class LaterClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return kTenDaysLater; }
    [[nodiscard]] std::int64_t steady_us() const override { return system_.steady_us(); }

  private:
    SystemClock system_;
};

class PayloadRetentionTest : public ::testing::Test {
  protected:
    void SetUp() override {
        options_.payload_days = 7;
        auto log = journal::CommitLog::open(*bench_.files, journal(), bench_.limits, bench_.clock,
                                            bench_.random);
        ASSERT_TRUE(log) << log.error().message;
        for (std::uint64_t i = 1; i <= kAllEntries; ++i) {
            ASSERT_TRUE(journal::testing::commit(
                **log, {{std::to_string(i), std::string(200, 'x') + std::to_string(i)}}));
        }
        id_ = (*log)->identity().journal_id;
        sealed_ = journal::sealed_segments(*bench_.files, journal(), id_).value();
        ASSERT_GE(sealed_.size(), 3U);
    }

    [[nodiscard]] std::string journal() const { return bench_.folder / "journal"; }

    void cover(std::uint64_t sequence, std::uint64_t epoch = 1) {
        ASSERT_TRUE(
            backup::write_covered(*bench_.files, bench_.folder.path(), {id_, epoch, sequence}));
    }

    Result<PayloadsRemoved> look(std::uint64_t folded = kAllEntries, TimeUs now = kTenDaysLater) {
        const auto everywhere = [folded] { return std::vector<FoldedThrough>{{"rows", folded}}; };
        return remove_old_payloads(*bench_.files, bench_.folder.path(), options_, everywhere, now);
    }

    [[nodiscard]] std::uint64_t kept() const {
        return journal::first_kept(*bench_.files, journal(), id_).value();
    }

    Bench bench_;
    RetentionOptions options_;
    Id128 id_;
    std::vector<journal::SealedSegment> sealed_;
};

TEST_F(PayloadRetentionTest, RemovesWhatIsOldAndCovered) {
    cover(kAllEntries);
    const auto done = look();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->segments, sealed_.size());
    EXPECT_EQ(done->through, sealed_.back().last_sequence);
    EXPECT_EQ(done->waiting, 0U);
    EXPECT_EQ(done->kept_bytes, 0U);
    EXPECT_GT(done->bytes, sealed_.back().last_sequence * 200);
    EXPECT_EQ(kept(), sealed_.back().last_sequence + 1) << "the open segment stays";
    const auto again = look();
    ASSERT_TRUE(again);
    EXPECT_EQ(again->segments, 0U);
    EXPECT_EQ(again->through, sealed_.back().last_sequence);
}

TEST_F(PayloadRetentionTest, RemovesNothingThatIsYoung) {
    cover(kAllEntries);
    const auto done = look(kAllEntries, kTenDaysLater - 4 * kDayUs);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->segments, 0U);
    EXPECT_EQ(done->waiting, 0U);
    EXPECT_EQ(kept(), 1U);
}

TEST_F(PayloadRetentionTest, WhatCameLongBehindMakesNothingYounger) {
    // The open segment goes on behind the holidays, and a new one begins.
    {
        const LaterClock clock;
        bench_.limits.segment_age_us = kDayUs;
        auto log =
            journal::CommitLog::open(*bench_.files, journal(), bench_.limits, clock, bench_.random);
        ASSERT_TRUE(log) << log.error().message;
        ASSERT_TRUE(journal::testing::commit(**log, {{"late", "text"}}));
    }
    cover(kAllEntries + 1);
    const auto done = look(kAllEntries + 1);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->segments, sealed_.size() + 1);
    EXPECT_EQ(done->through, kAllEntries);
    EXPECT_EQ(kept(), kAllEntries + 1);
}

TEST_F(PayloadRetentionTest, NeedsABackupOfThisHistory) {
    EXPECT_EQ(look()->segments, 0U);
    EXPECT_EQ(look()->waiting_for, "a backup");
    // Before the journal was restored or repaired.
    cover(kAllEntries, 2);
    EXPECT_EQ(look()->segments, 0U);
    cover(sealed_[1].last_sequence + 1);
    EXPECT_EQ(look()->segments, 2U);
    EXPECT_EQ(kept(), sealed_[1].last_sequence + 1);
    options_.without_backup = true;
    EXPECT_EQ(look()->segments, sealed_.size() - 2);
}

TEST_F(PayloadRetentionTest, NeedsEverybodyToHaveSeenThem) {
    cover(kAllEntries);
    const auto done = look(sealed_[1].last_sequence - 1);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->segments, 1U);
    EXPECT_EQ(done->waiting, sealed_.size() - 1);
    EXPECT_EQ(kept(), sealed_[0].last_sequence + 1);
}

TEST_F(PayloadRetentionTest, ADamagedWordOfABackupIsNone) {
    cover(kAllEntries);
    journal::testing::flip_bit(bench_.folder / "backup.covered", 30);
    const auto done = look();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::corrupt);
    EXPECT_EQ(kept(), 1U);
}

TEST_F(PayloadRetentionTest, TheScheduleDoesItAtItsStartAndSaysSo) {
    cover(kAllEntries);
    const LaterClock clock;
    telemetry::Log log({});
    std::atomic<TimeUs> before_us{0};
    options_.timeseries_days = 3;
    Schedule schedule(options_, bench_.folder.path(),
                      {*bench_.files,
                       clock,
                       log,
                       [] { return std::vector<FoldedThrough>{{"rows", kAllEntries}}; },
                       [&](std::optional<TimeUs> before) {
                           before_us = before.value_or(0);
                           return Result<std::optional<TimeUs>>(before);
                       },
                       {},
                       {}});
    for (int i = 0; i < 3'000; ++i) {
        const auto now = schedule.status();
        if (now.payloads.segments > 0 && now.points_before_us) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const auto status = schedule.status();
    EXPECT_EQ(status.payloads.segments, sealed_.size());
    EXPECT_EQ(status.failures, 0U);
    EXPECT_EQ(before_us, (kTenDaysLater / kDayUs - 3) * kDayUs);
    EXPECT_EQ(kept(), sealed_.back().last_sequence + 1);
    const auto metrics = schedule.metrics();
    const auto value_of = [&](std::string_view name) {
        for (const auto& family : metrics) {
            if (family.name == name) return family.samples.front().value;
        }
        return -1.0;
    };
    EXPECT_EQ(value_of("cellmon_retention_ok"), 1);
    EXPECT_EQ(value_of("cellmon_retention_segments_total"), static_cast<double>(sealed_.size()));
    EXPECT_EQ(value_of("cellmon_retention_sequence"),
              static_cast<double>(sealed_.back().last_sequence));
}

}  // namespace
}  // namespace cellmon::retention
