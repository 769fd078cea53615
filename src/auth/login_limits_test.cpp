// Goal: nobody tries more often than the rate allows, whatever the order, and memory is bounded.
// Method: random attempts against a count of what was allowed in any window.
#include "auth/login_limits.hpp"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cellmon::auth {
namespace {

using std::chrono::milliseconds;

TEST(RateLimit, SoManyInARowThenOneForEachStep) {
    RateLimit limit({3, milliseconds(30)});
    EXPECT_EQ(limit.take("a", 0), 0);
    EXPECT_EQ(limit.take("a", 0), 0);
    EXPECT_EQ(limit.take("a", 0), 0);
    EXPECT_EQ(limit.take("a", 0), 10'000);
    EXPECT_EQ(limit.take("b", 0), 0) << "another key";
    EXPECT_EQ(limit.take("a", 9'999), 1);
    EXPECT_EQ(limit.take("a", 10'000), 0);
    EXPECT_EQ(limit.take("a", 10'000), 10'000);
}

TEST(RateLimit, NoWindowHoldsMoreThanTwiceTheCount) {
    const bool holds =
        rc::check("bounded", [](std::uint8_t seed_count, const std::vector<std::uint16_t>& pauses) {
            const unsigned count = 1 + seed_count % 5;
            RateLimit limit({count, milliseconds(count * 10)});
            const std::int64_t window_us = count * 10'000;
            std::vector<std::int64_t> allowed;
            std::int64_t now_us = 0;
            for (const std::uint16_t pause : pauses) {
                now_us += pause % 20'000;
                const std::int64_t wait_us = limit.take("key", now_us);
                RC_ASSERT(wait_us >= 0);
                RC_ASSERT(wait_us <= window_us);
                if (wait_us > 0) continue;
                allowed.push_back(now_us);
                // What the algorithm promises: within one window at most the burst and what was
                // given back meanwhile, which is as much again.
                std::size_t within = 0;
                for (const std::int64_t at_us : allowed)
                    within += now_us - at_us < window_us ? 1 : 0;
                RC_ASSERT(within <= 2 * count);
            }
        });
    EXPECT_TRUE(holds);
}

TEST(RateLimit, TheWaitItNamesIsEnoughAndNotTooMuch) {
    const bool holds = rc::check("exact", [](const std::vector<std::uint16_t>& pauses) {
        RateLimit limit({4, milliseconds(40)});
        std::int64_t now_us = 0;
        for (const std::uint16_t pause : pauses) {
            now_us += pause % 8'000;
            const std::int64_t wait_us = limit.take("key", now_us);
            if (wait_us == 0) continue;
            RC_ASSERT(limit.take("key", now_us + wait_us - 1) == 1);
            RC_ASSERT(limit.take("key", now_us + wait_us) == 0);
            now_us += wait_us;
        }
    });
    EXPECT_TRUE(holds);
}

TEST(RateLimit, ASuccessGivesAllBack) {
    RateLimit limit({2, milliseconds(1'000)});
    EXPECT_EQ(limit.take("a", 0), 0);
    limit.give_back("a");
    EXPECT_EQ(limit.take("a", 0), 0);
    EXPECT_EQ(limit.take("a", 0), 0);
    EXPECT_GT(limit.take("a", 0), 0);
    limit.clear("a");
    EXPECT_EQ(limit.take("a", 0), 0);
    limit.clear("unknown");
    limit.give_back("unknown");
    EXPECT_EQ(limit.keys(), 1U);
}

TEST(RateLimit, KeysAreBoundedAndTheLatestUsedStay) {
    RateLimit limit({1, milliseconds(1'000)}, 3);
    for (const char* key : {"a", "b", "c", "a", "d"})
        static_cast<void>(limit.take(key, 0));
    EXPECT_EQ(limit.keys(), 3U);
    EXPECT_GT(limit.take("a", 0), 0) << "it was used again";
    EXPECT_EQ(limit.take("b", 0), 0) << "it was forgotten";
}

}  // namespace
}  // namespace cellmon::auth
