// Goal: who waits for a sequence is called once, when it is shown or its time is over, and never
// before. Method: ticks made by hand; a time that is over at once, or never within the test.

#include "live/picture_waiters.hpp"

#include <atomic>

#include <gtest/gtest.h>

namespace cellmon::live {
namespace {

using namespace std::chrono_literals;

Tick tick_of(std::uint64_t sequence) {
    auto picture = std::make_shared<Picture>();
    picture->sequence = sequence;
    return {std::move(picture), {}};
}

TEST(PictureWaiters, CallsWhenTheSequenceIsShownAndNotBefore) {
    int seven = 0;
    int nine = 0;
    PictureWaiters waiters;
    waiters.when_shown(7, 1h, [&] { ++seven; });
    waiters.when_shown(9, 1h, [&] { ++nine; });
    waiters.pictured(tick_of(6));
    EXPECT_EQ(seven + nine, 0);
    waiters.pictured(tick_of(8));
    EXPECT_EQ(seven, 1);
    EXPECT_EQ(nine, 0);
    waiters.when_shown(8, 1h, [&] { ++seven; });  // Shown already.
    EXPECT_EQ(seven, 2);
}

TEST(PictureWaiters, GivesUpAfterTheTime) {
    std::atomic<int> later = 0;
    std::atomic<int> now = 0;
    PictureWaiters waiters;
    waiters.when_shown(1, 1h, [&] { ++later; });
    waiters.when_shown(1, 1ms, [&] {
        ++now;
        now.notify_all();
    });
    now.wait(0);
    EXPECT_EQ(now, 1);
    EXPECT_EQ(later, 0);
}

TEST(PictureWaiters, LeavesNobodyWaitingAtTheEnd) {
    int called = 0;
    {
        PictureWaiters waiters;
        waiters.when_shown(1, 1h, [&] { ++called; });
    }
    EXPECT_EQ(called, 1);
}

}  // namespace
}  // namespace cellmon::live
