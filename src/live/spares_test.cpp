// Goal: what somebody reads is never given out to be changed, what nobody reads is used again, and
// who makes them may be gone before who reads them. Method: the addresses of numbers.

#include "live/spares.hpp"

#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace cellmon::live {
namespace {

struct Number {
    std::uint64_t value = 0;
};
using NumberPtr = std::shared_ptr<const Number>;

NumberPtr publish(Spares<Number>& spares, std::uint64_t value) {
    auto made = spares.take();
    made->value = value;
    return spares.publish(std::move(made));
}

TEST(Spares, GivesBackWhatNobodyReads) {
    Spares<Number> spares(2);
    NumberPtr first = publish(spares, 1);
    const Number* const place = first.get();
    const NumberPtr second = publish(spares, 2);
    EXPECT_NE(second.get(), place) << "the first is read";
    std::thread([reader = std::move(first)]() mutable { reader.reset(); }).join();
    const auto again = spares.take();
    EXPECT_EQ(again.get(), place);
    EXPECT_EQ(again->value, 1U) << "as it was";
    EXPECT_EQ(second->value, 2U);
}

TEST(Spares, EachReaderCounts) {
    Spares<Number> spares(2);
    NumberPtr one = publish(spares, 1);
    NumberPtr two = one;
    one.reset();
    EXPECT_NE(spares.take().get(), two.get());
    EXPECT_EQ(two->value, 1U);
}

TEST(Spares, KeepsFewAndMakesMore) {
    Spares<Number> spares(2);
    std::vector<NumberPtr> read;
    for (std::uint64_t i = 1; i <= 10; ++i)
        read.push_back(publish(spares, i));
    read.clear();
    std::vector<std::unique_ptr<Number>> taken;
    std::size_t used = 0;
    for (int i = 0; i < 10; ++i) {
        taken.push_back(spares.take());
        used += taken.back()->value > 0 ? 1 : 0;
    }
    EXPECT_EQ(used, 2U);
}

TEST(Spares, AReaderMayBeTheLast) {
    NumberPtr number;
    {
        Spares<Number> spares(2);
        number = publish(spares, 7);
    }
    EXPECT_EQ(number->value, 7U);
}

}  // namespace
}  // namespace cellmon::live
