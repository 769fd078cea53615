// Goal: of too many points the oldest whole days go, no more of them than have to, and never what
// is of today or of the newest day. Method: days as numbers.
#include "retention/points_cutoff.hpp"

#include <gtest/gtest.h>

namespace cellmon::retention {
namespace {

constexpr std::int64_t kToday = 20'000;
constexpr TimeUs kMorning = kToday * kDayUs + 7 * kHourUs;

/// 100 points on each of the four days that end with today.
const PointsByDay kFourDays{{kToday - 3, 100}, {kToday - 2, 100}, {kToday - 1, 100}, {kToday, 100}};

/// The last day that goes; 0: none does.
std::int64_t last_gone(const PointsByDay& days, std::uint64_t most, TimeUs now = kMorning) {
    const auto cutoff_us = points_cutoff_us(days, most, now);
    if (!cutoff_us) return 0;
    EXPECT_EQ(*cutoff_us % kDayUs, 0) << "the begin of a day";
    return *cutoff_us / kDayUs - 1;
}

TEST(PointsCutoff, TakesTheOldestDaysUntilTheRestFits) {
    EXPECT_EQ(last_gone(kFourDays, 400), 0);
    EXPECT_EQ(last_gone(kFourDays, 399), kToday - 3);
    EXPECT_EQ(last_gone(kFourDays, 300), kToday - 3);
    EXPECT_EQ(last_gone(kFourDays, 299), kToday - 2);
    EXPECT_EQ(last_gone(kFourDays, 250), kToday - 2);
}

TEST(PointsCutoff, NeverTakesTheNewestDay) {
    EXPECT_EQ(last_gone(kFourDays, 99), kToday - 1);
    EXPECT_EQ(last_gone(kFourDays, 1), kToday - 1);
    EXPECT_EQ(last_gone({{kToday, 100}}, 1), 0);
    // Nor when nothing came since.
    constexpr TimeUs kYearLater = kMorning + 365 * kDayUs;
    EXPECT_EQ(last_gone(kFourDays, 1, kYearLater), kToday - 1);
    EXPECT_EQ(last_gone({}, 1), 0);
}

TEST(PointsCutoff, AClockThatIsAheadTakesNothingOfToday) {
    PointsByDay days = kFourDays;
    days[kToday + 1] = 1;
    EXPECT_EQ(last_gone(days, 1), kToday - 1);
    // What is ahead counts as any other.
    EXPECT_EQ(last_gone(days, 400), kToday - 3);
    EXPECT_EQ(last_gone(days, 401), 0);
    EXPECT_EQ(last_gone({{kToday + 1, 100}}, 1), 0);
}

TEST(PointsCutoff, TakesNoMoreOfAGapThanTheDaysInFrontOfIt) {
    const PointsByDay days{{kToday - 40, 100}, {kToday - 3, 100}, {kToday, 100}};
    EXPECT_EQ(last_gone(days, 200), kToday - 40) << "a late event of the gap still has a place";
}

}  // namespace
}  // namespace cellmon::retention
