// Goal: points go by their age and by their number, by whichever takes more; a store that does not
// count them delays only the latter, and that is said. Method: a schedule over points as numbers,
// at noon of a day of the test's own.
#include "retention/schedule.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace cellmon::retention {
namespace {

constexpr std::int64_t kNoonDay = 20'000;

class NoonClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return kNoonDay * kDayUs + 12 * kHourUs; }
    [[nodiscard]] std::int64_t steady_us() const override { return system_.steady_us(); }

  private:
    SystemClock system_;
};

/// 100 points on each of ten days that end with today; from when on they are kept only grows.
class PointsOfTenDays {
  public:
    PointsOfTenDays() {
        for (std::int64_t day = kNoonDay - 9; day <= kNoonDay; ++day)
            days_[day] = 100;
    }

    Result<std::optional<TimeUs>> remove(std::optional<TimeUs> before_us) {
        const std::lock_guard lock(mutex_);
        kept_from_us_ = std::max(kept_from_us_, before_us);
        if (!kept_from_us_) return std::nullopt;
        days_.erase(days_.begin(), days_.lower_bound(*kept_from_us_ / kDayUs));
        return kept_from_us_;
    }

    [[nodiscard]] PointsByDay days() const {
        const std::lock_guard lock(mutex_);
        return days_;
    }

  private:
    mutable std::mutex mutex_;
    PointsByDay days_;
    std::optional<TimeUs> kept_from_us_;
};

class PointRetentionTest : public ::testing::Test {
  protected:
    /// What a schedule says behind its first look.
    RetentionStatus look(std::uint64_t days, std::uint64_t most, bool counts = true) {
        RetentionOptions options;
        options.timeseries_days = days;
        options.timeseries_points = most;
        const auto count = [this, counts]() -> Result<PointsByDay> {
            if (!counts) return fail(ErrorCode::unavailable, "nobody counts");
            return points_.days();
        };
        const Schedule schedule(
            options, {},
            {*files_,
             clock_,
             log_,
             [] { return std::vector<FoldedThrough>{}; },
             [this](std::optional<TimeUs> before_us) { return points_.remove(before_us); },
             count,
             {}});
        for (int i = 0; i < 3'000 && schedule.status().looks == 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        is_well_ = schedule.metrics().front().samples.front().value == 1;
        return schedule.status();
    }

    /// The oldest day of which points are left, days before today.
    [[nodiscard]] std::int64_t oldest() const { return kNoonDay - points_.days().begin()->first; }

    std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
    NoonClock clock_;
    telemetry::Log log_{{}};
    PointsOfTenDays points_;
    bool is_well_ = false;
};

TEST_F(PointRetentionTest, TakesWhatIsTooOldOrTooMuchWhicheverIsMore) {
    EXPECT_EQ(look(8, 900).points_before_us, (kNoonDay - 8) * kDayUs);
    EXPECT_EQ(oldest(), 8);
    EXPECT_EQ(look(8, 350).points_before_us, (kNoonDay - 2) * kDayUs);
    EXPECT_EQ(oldest(), 2);
    // It never goes back.
    EXPECT_EQ(look(8, 0).points_before_us, (kNoonDay - 2) * kDayUs);
    EXPECT_TRUE(is_well_);
}

TEST_F(PointRetentionTest, KeepsAllWhileTheyFit) {
    const auto status = look(0, 1'000);
    EXPECT_EQ(status.points_before_us, std::nullopt);
    EXPECT_EQ(status.failures, 0U);
    EXPECT_EQ(oldest(), 9);
    EXPECT_TRUE(is_well_);
}

TEST_F(PointRetentionTest, AStoreThatDoesNotCountDelaysNoAge) {
    const auto status = look(8, 350, false);
    EXPECT_EQ(status.point_error, "nobody counts");
    EXPECT_EQ(status.failures, 1U);
    EXPECT_EQ(oldest(), 8);
    EXPECT_FALSE(is_well_);
}

}  // namespace
}  // namespace cellmon::retention
