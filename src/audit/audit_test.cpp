// Goal: of a long journal only the rows of ranges that differ are read, and none of them is
// overlooked. Method: a store and a journal in memory, of which the test knows what was asked.

#include "audit/audit.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace cellmon::audit {
namespace {

constexpr std::uint64_t kRange = 8'192;

std::uint64_t mark_of(std::uint64_t sequence) {
    return sequence * 0x9e3779b97f4a7c15U;
}

Id128 id_of(std::uint64_t sequence) {
    Id128 id;
    for (std::size_t at = 0; at < 8; ++at)
        id.bytes[at] = static_cast<std::uint8_t>(sequence >> (8 * at));
    return id;
}

/// A journal of so many events.
class Source final : public projection::EntrySource {
  public:
    Source(const std::uint64_t& events, const std::uint64_t& kept) : events_(events), kept_(kept) {}

    [[nodiscard]] journal::Cursor beginning() const override { return {}; }
    Result<void> seek(const journal::Cursor& cursor) override {
        return seek_sequence(cursor.sequence + 1);
    }
    Result<void> seek_sequence(std::uint64_t sequence) override {
        next_ = sequence;
        return {};
    }
    Result<std::optional<journal::Entry>> next() override {
        if (next_ > events_) return std::nullopt;
        if (next_ < kept_) return fail(ErrorCode::needs_snapshot, "removed");
        journal::Entry entry;
        entry.header.sequence = next_;
        entry.header.id = id_of(next_);
        ++next_;
        return entry;
    }
    [[nodiscard]] std::uint64_t durable_sequence() const override { return events_; }
    Result<std::uint64_t> first_kept() override { return kept_; }
    void wait_beyond(std::uint64_t, std::chrono::milliseconds, const std::stop_token&) override {}

  private:
    const std::uint64_t& events_;
    const std::uint64_t& kept_;
    std::uint64_t next_ = 1;
};

/// Rows of the test's own.
class Store final : public AuditedStore {
  public:
    explicit Store(std::vector<StoredRow>& rows, const std::uint64_t& through,
                   std::uint64_t& expected)
        : rows_(rows), through_(through), expected_(expected) {}

    [[nodiscard]] std::string_view name() const override { return "memory"; }
    [[nodiscard]] std::uint64_t range() const override { return kRange; }
    Result<StoreView> open(const journal::Cursor&) override {
        StoreView view;
        view.through = through_;
        return view;
    }
    std::optional<ExpectedRow> expect(const journal::Entry& entry, Depth) override {
        ++expected_;
        ExpectedRow row;
        row.mark = mark_of(entry.header.sequence);
        return row;
    }
    Result<std::vector<RangeSums>> sums(std::uint64_t from, std::uint64_t to, std::uint64_t step,
                                        Depth) override {
        std::vector<RangeSums> all((to - from + step - 1) / step);
        for (const StoredRow& row : rows_) {
            if (row.sequence < from || row.sequence >= to) continue;
            const std::uint64_t place = row.sequence - from;
            all[place / step].add(row.mark, place % step, 0, 0);
        }
        return all;
    }
    Result<std::vector<StoredRow>> rows(std::uint64_t from, std::uint64_t to,
                                        std::size_t most) override {
        std::vector<StoredRow> found;
        for (const StoredRow& row : rows_) {
            if (row.sequence >= from && row.sequence < to && found.size() < most)
                found.push_back(row);
        }
        return found;
    }
    Result<std::vector<StoredRow>> beyond(const projection::EntrySource&,
                                          std::size_t most) override {
        return rows(through_ + 1, UINT64_MAX, most);
    }
    Result<Mended> mend(std::span<const Difference>, bool, projection::EntrySource&) override {
        return fail(ErrorCode::invalid, "not of this test");
    }

  private:
    std::vector<StoredRow>& rows_;
    const std::uint64_t& through_;
    std::uint64_t& expected_;
};

class AuditTest : public ::testing::Test {
  protected:
    void grow(std::uint64_t events) {
        for (; events_ < events;) {
            ++events_;
            rows_.push_back({events_, id_of(events_), mark_of(events_)});
        }
    }
    StoreReport run() {
        auto report = audit_.run(Depth::quick);
        EXPECT_TRUE(report.has_value()) << report.error().message;
        return report.value_or(StoreReport{});
    }
    [[nodiscard]] StoredRow& row(std::uint64_t sequence) { return rows_.at(sequence - 1); }

    std::uint64_t events_ = 0;
    std::vector<StoredRow> rows_;
    std::uint64_t kept_ = 1;
    std::uint64_t expected_ = 0;  ///< Entries that were read of the journal.
    Audit audit_{std::make_unique<Store>(rows_, events_, expected_),
                 std::make_unique<Source>(events_, kept_)};
};

TEST_F(AuditTest, ReadsNoRowWhereSumsAreEqual) {
    EXPECT_TRUE(run().clean()) << "of nothing";
    grow(50'000);
    const auto report = run();
    EXPECT_TRUE(report.clean());
    EXPECT_EQ(report.rows, 50'000U);
    EXPECT_EQ(report.ranges, 7U);
    EXPECT_EQ(report.rows_read, 0U);
}

TEST_F(AuditTest, ReadsTheJournalOnce) {
    grow(50'000);
    static_cast<void>(run());
    expected_ = 0;
    grow(50'100);
    EXPECT_TRUE(run().clean());
    EXPECT_EQ(expected_, 100U);
}

TEST_F(AuditTest, ReadsTheRowsOfDifferingPartsOnly) {
    grow(50'000);
    row(20'000).mark += 1;
    const auto report = run();
    ASSERT_EQ(report.differences.size(), 1U);
    EXPECT_EQ(report.differences[0].kind, Kind::changed);
    EXPECT_EQ(report.differences[0].sequence, 20'000U);
    EXPECT_EQ(report.differing_ranges, 1U);
    EXPECT_LE(report.rows_read, 1'024U);
}

TEST_F(AuditTest, FindsEveryPlace) {
    SeededRandom random(3);
    grow(30'000);
    for (int round = 0; round < 30; ++round) {
        std::uint64_t at = 1 + random.u64() % events_;
        if (round == 0) at = 1;
        if (round == 1) at = events_;
        if (round == 2) at = kRange;
        const StoredRow kept = row(at);
        row(at).mark ^= 1ULL << (random.u32() % 64);
        const auto report = run();
        ASSERT_EQ(report.differences.size(), 1U) << at;
        EXPECT_EQ(report.differences[0].sequence, at);
        row(at) = kept;
    }
    EXPECT_TRUE(run().clean());
}

TEST_F(AuditTest, SeesRowsThatChangedPlaces) {
    grow(30'000);
    std::swap(row(100).sequence, row(700).sequence);
    std::swap(row(100), row(700));
    const auto report = run();
    ASSERT_EQ(report.differences.size(), 2U);
    EXPECT_EQ(report.differences[0].kind, Kind::order);
    EXPECT_EQ(report.differences[1].kind, Kind::order);
}

TEST_F(AuditTest, ListsSoManyAndSaysThatThereAreMore) {
    grow(30'000);
    rows_.clear();
    const auto report = run();
    EXPECT_EQ(report.differences.size(), Audit::kMostDifferences);
    EXPECT_FALSE(report.all);
}

TEST_F(AuditTest, EndsWhenItIsAskedTo) {
    grow(100);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(audit_.run(Depth::quick, stop.get_token()).error().code, ErrorCode::cancelled);
}

TEST_F(AuditTest, WhatWasRemovedFromTheJournalIsNotCompared) {
    grow(3 * kRange);
    EXPECT_TRUE(run().clean());
    // In the middle of a range, of which the store holds all; what is older nobody can judge.
    kept_ = kRange + 1'234;
    row(77).mark += 1;
    row(kRange + 100).mark += 1;
    for (const int round : {1, 2}) {
        const StoreReport report = run();
        EXPECT_TRUE(report.clean()) << round;
        EXPECT_EQ(report.rows, 3 * kRange - kept_ + 1);
        ASSERT_EQ(report.notes.size(), 1U);
        EXPECT_NE(report.notes[0].find("through sequence " + std::to_string(kept_ - 1)),
                  std::string::npos);
    }
    const std::uint64_t read = expected_;
    EXPECT_TRUE(run().clean());
    EXPECT_EQ(expected_, read) << "the sums of the rest are remembered";
    for (const std::uint64_t wrong : {kept_, kept_ + 3'000, 2 * kRange + 5}) {
        row(wrong).mark += 1;
        const StoreReport report = run();
        ASSERT_EQ(report.differences.size(), 1U) << wrong;
        EXPECT_EQ(report.differences[0].sequence, wrong);
        row(wrong).mark -= 1;
        EXPECT_TRUE(run().clean()) << wrong;
    }
}

}  // namespace
}  // namespace cellmon::audit
