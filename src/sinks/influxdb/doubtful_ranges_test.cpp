// Goal: what a request that was given up may set back is written again until nothing of it can come
// any more, and what is kept for that has a bound. Method: a clock of the test's own.

#include "sinks/influxdb/doubtful_ranges.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace cellmon::influxdb {
namespace {

/// Six pauses, from 2 to 64 s.
constexpr std::int64_t kUntilCertainUs = 126 * kSecondUs;

std::string text_of(const DoubtfulRanges& ranges) {
    LineBatch lines;
    ranges.append(lines);
    return lines.text();
}

/// Writes them whenever they are due; when they were no more.
std::int64_t write_until_certain(DoubtfulRanges& ranges, std::int64_t now_us) {
    for (int guard = 0; ranges.speak_of(0); ++guard) {
        EXPECT_LT(guard, 1'000);
        now_us += kSecondUs;
        if (ranges.due(now_us)) ranges.note_written(now_us);
    }
    return now_us;
}

TEST(DoubtfulRanges, AreKeptUntilNothingCanComeAnyMore) {
    DoubtfulRanges ranges(1'000);
    EXPECT_FALSE(ranges.speak_of(0));
    ranges.doubt(2'500, 0);
    EXPECT_TRUE(ranges.speak_of(2'000));
    EXPECT_FALSE(ranges.speak_of(3'000));
    ranges.keep(1'000, "one\n");
    ranges.keep(2'000, "two\n");
    ranges.keep(1'000, "three\n");
    EXPECT_FALSE(ranges.due(kSecondUs));
    EXPECT_TRUE(ranges.due(2 * kSecondUs));
    EXPECT_EQ(text_of(ranges), "three\ntwo\n");
    EXPECT_EQ(write_until_certain(ranges, 0), kUntilCertainUs);
    EXPECT_EQ(text_of(ranges), "");
    EXPECT_FALSE(ranges.due(1'000 * kSecondUs));
}

TEST(DoubtfulRanges, AreFullBeyondTheirBytesUntilTheyAreCertain) {
    DoubtfulRanges ranges(10);
    ranges.doubt(10'000, 0);
    ranges.keep(1'000, "12345");
    ranges.keep(1'000, "1234567890");
    EXPECT_FALSE(ranges.full());
    ranges.keep(2'000, "1");
    EXPECT_TRUE(ranges.full());
    ranges.keep(1'000, "123456789");
    EXPECT_FALSE(ranges.full());
    ranges.keep(3'000, "1");
    EXPECT_TRUE(ranges.full());
    write_until_certain(ranges, 0);
    EXPECT_FALSE(ranges.full());
    ranges.doubt(20'000, 0);
    ranges.keep(11'000, "1234567890");
    EXPECT_FALSE(ranges.full());
}

TEST(DoubtfulRanges, DoNotSpeakOfWhatIsNotKeptAnyMore) {
    DoubtfulRanges ranges(100);
    ranges.doubt(10'000, 0);
    ranges.keep(1'000, "old,a=b\\ 7 events=1i 86399000000001\nnew events=2i 86400000000001\n");
    ranges.keep(2'000, "old events=3i 86340000000002\n");
    ranges.forget_before(kDayUs);
    EXPECT_EQ(text_of(ranges), "new events=2i 86400000000001\n");
    EXPECT_FALSE(ranges.full());
    ranges.keep(3'000, std::string(71, '-'));
    EXPECT_FALSE(ranges.full()) << "29 bytes are kept of those before";
    ranges.keep(3'000, std::string(72, '-'));
    EXPECT_TRUE(ranges.full());
}

}  // namespace
}  // namespace cellmon::influxdb
