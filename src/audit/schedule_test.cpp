// Goal: a running server audits its stores by itself, says once when one differs, and shows the
// last verdict. Method: a store that differs when the test wants it, and short intervals.

#include "audit/schedule.hpp"

#include <algorithm>
#include <atomic>
#include <string>

#include <gtest/gtest.h>

namespace cellmon::audit {
namespace {

/// A journal of one event.
class OneEntry final : public projection::EntrySource {
  public:
    [[nodiscard]] journal::Cursor beginning() const override { return {}; }
    Result<void> seek(const journal::Cursor&) override { return seek_sequence(1); }
    Result<void> seek_sequence(std::uint64_t sequence) override {
        next_ = sequence;
        return {};
    }
    Result<std::optional<journal::Entry>> next() override {
        journal::Entry entry;
        entry.header.sequence = next_++;
        return entry;
    }
    [[nodiscard]] std::uint64_t durable_sequence() const override { return 1; }
    void wait_beyond(std::uint64_t, std::chrono::milliseconds, const std::stop_token&) override {}

  private:
    std::uint64_t next_ = 1;
};

struct Wishes {
    std::atomic<bool> damaged = false;       ///< As every audit sees it.
    std::atomic<bool> damaged_deep = false;  ///< As only a deep one sees it.
    std::atomic<bool> away = false;
};

/// A store of that one event.
class WishedStore final : public AuditedStore {
  public:
    explicit WishedStore(const Wishes& wishes) : wishes_(wishes) {}
    [[nodiscard]] std::string_view name() const override { return "memory"; }
    [[nodiscard]] std::uint64_t range() const override { return 1'024; }
    Result<StoreView> open(const journal::Cursor&) override {
        if (wishes_.away) return fail(ErrorCode::unavailable, "it is away");
        StoreView view;
        view.through = 1;
        return view;
    }
    std::optional<ExpectedRow> expect(const journal::Entry&, Depth) override {
        ExpectedRow row;
        row.mark = 1;
        return row;
    }
    Result<std::vector<RangeSums>> sums(std::uint64_t, std::uint64_t, std::uint64_t,
                                        Depth depth) override {
        RangeSums sums;
        sums.add(mark(depth), 1, 0, 0);
        return std::vector{sums};
    }
    Result<std::vector<StoredRow>> rows(std::uint64_t, std::uint64_t, std::size_t) override {
        StoredRow row;
        row.sequence = 1;
        row.mark = mark(Depth::deep);
        return std::vector{row};
    }
    Result<std::vector<StoredRow>> beyond(const projection::EntrySource&, std::size_t) override {
        return std::vector<StoredRow>{};
    }
    Result<Mended> mend(std::span<const Difference>, bool, projection::EntrySource&) override {
        return fail(ErrorCode::invalid, "not of this test");
    }

  private:
    [[nodiscard]] std::uint64_t mark(Depth depth) const {
        const bool seen = wishes_.damaged || (depth == Depth::deep && wishes_.damaged_deep);
        return seen ? 2 : 1;
    }
    const Wishes& wishes_;
};

class ScheduleTest : public ::testing::Test {
  protected:
    void start(int quick_ms, int deep_ms) {
        std::vector<std::unique_ptr<Audit>> audits;
        audits.push_back(std::make_unique<Audit>(std::make_unique<WishedStore>(wishes_),
                                                 std::make_unique<OneEntry>()));
        schedule_ = std::make_unique<Schedule>(std::move(audits),
                                               ScheduleOptions{std::chrono::milliseconds(quick_ms),
                                                               std::chrono::milliseconds(deep_ms)},
                                               clock_, log_);
    }
    /// Waits until the status is as wanted.
    template <typename Is>
    [[nodiscard]] bool until(Is&& is) const {
        for (int look = 0; look < 2'000; ++look) {
            if (is(schedule_->statuses().at(0))) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }
    /// Until so many more audits have ended.
    [[nodiscard]] bool audits_pass(std::uint64_t count) const {
        const auto now = schedule_->statuses().at(0);
        const std::uint64_t wanted = now.quick_audits + now.deep_audits + count;
        return until([&](const AuditStatus& status) {
            return status.quick_audits + status.deep_audits >= wanted;
        });
    }
    [[nodiscard]] double metric(std::string_view name) const {
        for (const auto& family : schedule_->metrics()) {
            if (family.name == name && !family.samples.empty()) return family.samples[0].value;
        }
        return -1;
    }
    [[nodiscard]] std::size_t said(std::string_view what) {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(
            lines_.begin(), lines_.end(),
            [&](const std::string& line) { return line.find(what) != std::string::npos; }));
    }

    SystemClock clock_;
    std::mutex mutex_;
    std::vector<std::string> lines_;
    telemetry::Log log_{{}, [this](std::string_view line) {
                            const std::lock_guard lock(mutex_);
                            lines_.emplace_back(line);
                        }};
    Wishes wishes_;
    std::unique_ptr<Schedule> schedule_;
};

TEST_F(ScheduleTest, ShowsTheLastVerdictAndSaysOnceWhatChanged) {
    start(5, 0);
    EXPECT_EQ(metric("cellmon_audit_clean"), -1) << "no verdict yet";
    ASSERT_TRUE(until([](const AuditStatus& status) { return status.clean == true; }));
    EXPECT_EQ(metric("cellmon_audit_clean"), 1);
    wishes_.damaged = true;
    ASSERT_TRUE(until([](const AuditStatus& status) { return status.clean == false; }));
    ASSERT_TRUE(audits_pass(3));
    EXPECT_EQ(metric("cellmon_audit_clean"), 0);
    EXPECT_EQ(metric("cellmon_audit_differences"), 1);
    EXPECT_GT(metric("cellmon_audit_clean_age_seconds"), 0);
    EXPECT_EQ(said("differs from the journal in 1 places, the first: changed at sequence 1"), 1U);
    wishes_.damaged = false;
    ASSERT_TRUE(until([](const AuditStatus& status) { return status.clean == true; }));
    ASSERT_TRUE(audits_pass(3));
    EXPECT_EQ(said("says again what the journal says"), 1U);
    EXPECT_EQ(metric("cellmon_audit_differences"), 0);
}

TEST_F(ScheduleTest, AQuickAuditDoesNotTakeBackWhatADeepOneFound) {
    wishes_.damaged_deep = true;
    start(5, 20);
    ASSERT_TRUE(until([](const AuditStatus& status) { return status.clean == false; }));
    ASSERT_TRUE(audits_pass(5));
    EXPECT_EQ(schedule_->statuses().at(0).clean, false);
    wishes_.damaged_deep = false;
    ASSERT_TRUE(until([](const AuditStatus& status) { return status.clean == true; }));
}

TEST_F(ScheduleTest, CountsAndSaysOnceThatAStoreIsAway) {
    wishes_.away = true;
    start(5, 0);
    ASSERT_TRUE(until([](const AuditStatus& status) { return status.failures >= 3; }));
    EXPECT_FALSE(schedule_->statuses().at(0).clean.has_value());
    EXPECT_EQ(said("the store memory cannot be compared with the journal: it is away"), 1U);
    wishes_.away = false;
    ASSERT_TRUE(until([](const AuditStatus& status) { return status.clean == true; }));
    EXPECT_EQ(schedule_->statuses().at(0).last_error, "");
}

TEST_F(ScheduleTest, NothingRunsWithoutIntervals) {
    start(0, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(schedule_->statuses().at(0).clean.has_value());
    EXPECT_EQ(metric("cellmon_audit_audits_total"), 0);
}

}  // namespace
}  // namespace cellmon::audit
