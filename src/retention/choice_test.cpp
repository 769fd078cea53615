// Goal: payloads go when they are old or too much, from the front and without a hole, and never
// before a backup has them and everybody has seen them. Method: segments as numbers.
#include "retention/choice.hpp"

#include <gtest/gtest.h>

#include "retention/cutoff.hpp"

namespace cellmon::retention {
namespace {

using journal::SealedSegment;

constexpr TimeUs kNow = 1'800'000'000'000'000;
constexpr std::uint64_t kMiB = 1U << 20U;

/// Ten segments of 100 entries and a MiB each; what follows the newest is a day old, the oldest
/// ten.
std::vector<SealedSegment> ten_segments() {
    std::vector<SealedSegment> segments;
    for (std::uint64_t i = 0; i < 10; ++i) {
        const TimeUs newest_us = kNow - static_cast<std::int64_t>(10 - i) * kDayUs;
        segments.push_back(
            {100 * i + 1, 100 * i + 100, kMiB, newest_us - kDayUs, newest_us, false});
    }
    return segments;
}

RetentionOptions by_days(std::uint64_t days) {
    RetentionOptions options;
    options.payload_days = days;
    return options;
}

Barriers none_in_the_way() {
    return {1'000, {{"rows", 1'000}, {"points", 2'000}}};
}

using Firsts = std::vector<std::uint64_t>;

TEST(RetentionChoice, KeepsEverythingUnlessTold) {
    const auto choice = choose(ten_segments(), {}, none_in_the_way(), kNow);
    EXPECT_EQ(choice.segments, Firsts{});
    EXPECT_EQ(choice.kept_bytes, 10 * kMiB);
    EXPECT_EQ(choice.waiting, 0U);
    EXPECT_FALSE(RetentionOptions{}.of_payloads());
}

TEST(RetentionChoice, TakesWhatIsOldToTheDay) {
    EXPECT_EQ(choose(ten_segments(), by_days(8), none_in_the_way(), kNow).segments,
              (Firsts{1, 101, 201}));
    EXPECT_EQ(choose(ten_segments(), by_days(8), none_in_the_way(), kNow - 1).segments,
              (Firsts{1, 101}));
    EXPECT_EQ(choose(ten_segments(), by_days(11), none_in_the_way(), kNow).segments, Firsts{});
}

TEST(RetentionChoice, TakesTheOldestWhileThereIsTooMuch) {
    RetentionOptions options;
    options.payload_bytes = 7 * kMiB;
    EXPECT_EQ(choose(ten_segments(), options, none_in_the_way(), kNow).segments,
              (Firsts{1, 101, 201}));
    options.payload_bytes = 10 * kMiB;
    EXPECT_EQ(choose(ten_segments(), options, none_in_the_way(), kNow).segments, Firsts{});
    // What is removed counts no more, and is not removed again.
    auto segments = ten_segments();
    segments[0].payloads_removed = true;
    options.payload_bytes = 8 * kMiB;
    const auto choice = choose(segments, options, none_in_the_way(), kNow);
    EXPECT_EQ(choice.segments, Firsts{101});
    EXPECT_EQ(choice.removed_through, 100U);
    EXPECT_EQ(choice.kept_bytes, 9 * kMiB);
}

TEST(RetentionChoice, WhatIsYoungStaysWhateverItsSize) {
    RetentionOptions options;
    options.payload_bytes = 1;
    const TimeUs soon = kNow - 10 * kDayUs + kLeastAge_us;
    EXPECT_EQ(choose(ten_segments(), options, none_in_the_way(), soon).segments, Firsts{1});
    EXPECT_EQ(choose(ten_segments(), options, none_in_the_way(), soon - 1).segments, Firsts{});
}

TEST(RetentionChoice, WaitsForABackup) {
    Barriers barriers = none_in_the_way();
    barriers.covered = 250;
    auto choice = choose(ten_segments(), by_days(6), barriers, kNow);
    EXPECT_EQ(choice.segments, (Firsts{1, 101}));
    EXPECT_EQ(choice.waiting, 3U);
    EXPECT_EQ(choice.waiting_for, "a backup that goes beyond sequence 300");
    // One that ends with the segment has it unsealed, perhaps.
    barriers.covered = 200;
    EXPECT_EQ(choose(ten_segments(), by_days(6), barriers, kNow).segments, Firsts{1});
    barriers.covered.reset();
    choice = choose(ten_segments(), by_days(6), barriers, kNow);
    EXPECT_EQ(choice.segments, Firsts{});
    EXPECT_EQ(choice.waiting, 5U);
    EXPECT_EQ(choice.waiting_for, "a backup");
    RetentionOptions options = by_days(6);
    options.without_backup = true;
    EXPECT_EQ(choose(ten_segments(), options, barriers, kNow).segments.size(), 5U);
}

TEST(RetentionChoice, WaitsForTheSlowestReaderAlsoWithoutABackup) {
    RetentionOptions options = by_days(6);
    options.without_backup = true;
    const Barriers barriers{std::nullopt, {{"rows", 500}, {"points", 199}, {"stream", 500}}};
    const auto choice = choose(ten_segments(), options, barriers, kNow);
    EXPECT_EQ(choice.segments, Firsts{1});
    EXPECT_EQ(choice.waiting, 4U);
    EXPECT_EQ(choice.waiting_for, "points, which is at sequence 199");
}

TEST(RetentionChoice, OneThatWaitsKeepsThoseBehindItWaiting) {
    // A clock that was set back makes a later segment seem older: there is no hole all the same.
    auto segments = ten_segments();
    segments[1].newest_us = kNow;
    EXPECT_EQ(choose(segments, by_days(5), none_in_the_way(), kNow).segments, Firsts{1});
}

TEST(RetentionCutoff, IsTheBeginOfADay) {
    constexpr TimeUs kMorning = 20'000 * kDayUs + 7 * kHourUs;
    EXPECT_EQ(cutoff_us(1, kMorning), 19'999 * kDayUs);
    EXPECT_EQ(cutoff_us(30, kMorning), 19'970 * kDayUs);
    EXPECT_EQ(cutoff_us(30, kMorning + 17 * kHourUs), 19'971 * kDayUs);
}

}  // namespace
}  // namespace cellmon::retention
