// Goal: quantiles are those of the samples, to three digits, however the samples come in. Method:
// the same samples sorted; random ones by RapidCheck, over all powers of two.
#include "base/histogram.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cellmon {
namespace {

/// Fractions in ten-thousandths, so that ranks can be told without rounding.
constexpr std::size_t kWhole = 10'000;
constexpr std::size_t kParts[] = {0,     100,   700,   2'500, 5'000, 7'500,
                                  9'000, 9'500, 9'900, 9'990, 9'999, kWhole};
constexpr std::int64_t kGreatest = std::int64_t{1} << 40;

std::unique_ptr<Histogram> histogram_of(const std::vector<std::int64_t>& samples) {
    auto histogram = std::make_unique<Histogram>();
    for (const std::int64_t sample : samples)
        histogram->record(sample);
    return histogram;
}

std::int64_t quantile_of(const Histogram& histogram, std::size_t part) {
    return histogram.quantile_us(static_cast<double>(part) / static_cast<double>(kWhole));
}

/// The quantile as it is defined, from all samples.
std::int64_t quantile_of(std::vector<std::int64_t> samples, std::size_t part) {
    std::sort(samples.begin(), samples.end());
    const std::size_t rank = (part * samples.size() + kWhole - 1) / kWhole;
    return samples[std::max<std::size_t>(rank, 1) - 1];
}

/// Durations of every magnitude alike.
rc::Gen<std::int64_t> durations() {
    return rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 40), rc::gen::arbitrary<std::uint64_t>()),
                        [](const std::pair<int, std::uint64_t>& drawn) {
                            const auto below = std::uint64_t{1} << drawn.first;
                            return static_cast<std::int64_t>(below + drawn.second % below);
                        });
}

TEST(Histogram, SmallValuesAreExact) {
    std::vector<std::int64_t> samples;
    for (std::int64_t value = 0; value < 2'048; ++value)
        samples.push_back(value * 7 % 2'048);
    const auto histogram = histogram_of(samples);
    for (const std::size_t part : kParts)
        EXPECT_EQ(quantile_of(*histogram, part), quantile_of(samples, part)) << part;
    EXPECT_EQ(histogram->count(), 2'048U);
    EXPECT_DOUBLE_EQ(histogram->mean_us(), 1'023.5);
}

TEST(Histogram, ARankIsNotRoundedUpByFloatingPoint) {
    std::vector<std::int64_t> samples;
    for (std::int64_t value = 1; value <= 100; ++value)
        samples.push_back(value);
    const auto histogram = histogram_of(samples);
    for (int percent = 1; percent <= 100; ++percent)
        EXPECT_EQ(histogram->quantile_us(percent / 100.0), percent);
}

TEST(Histogram, TheRarestOfMillionsIsSeen) {
    auto histogram = std::make_unique<Histogram>();
    for (int i = 0; i < 999'999; ++i)
        histogram->record(100);
    histogram->record(1'234'567);
    EXPECT_EQ(histogram->quantile_us(0.9999), 100);
    EXPECT_EQ(histogram->quantile_us(0.999999), 100);
    EXPECT_EQ(histogram->quantile_us(1.0), 1'234'567);
    EXPECT_EQ(histogram->max_us(), 1'234'567);
}

TEST(Histogram, ClampsWhatNoDurationIs) {
    const auto histogram = histogram_of({-5, kGreatest * 1'024});
    EXPECT_EQ(histogram->quantile_us(0.5), 0);
    EXPECT_EQ(histogram->max_us(), kGreatest);
    EXPECT_EQ(histogram->quantile_us(1.0), kGreatest);
}

TEST(Histogram, AnEmptyOneIsZero) {
    const auto histogram = std::make_unique<Histogram>();
    EXPECT_EQ(histogram->quantile_us(0.99), 0);
    EXPECT_EQ(histogram->max_us(), 0);
    EXPECT_DOUBLE_EQ(histogram->mean_us(), 0.0);
}

TEST(Histogram, QuantilesAreThoseOfTheSortedSamplesToThreeDigits) {
    EXPECT_TRUE(rc::check([] {
        const auto samples =
            *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(durations()));
        const auto histogram = histogram_of(samples);
        for (const std::size_t part : kParts) {
            const std::int64_t exact = quantile_of(samples, part);
            const std::int64_t told = quantile_of(*histogram, part);
            RC_ASSERT(told >= exact);
            RC_ASSERT(told - exact <= exact / 1'024);
        }
        RC_ASSERT(histogram->max_us() == *std::max_element(samples.begin(), samples.end()));
        RC_ASSERT(histogram->count() == samples.size());
    }));
}

TEST(Histogram, PartsMergedAreTheWhole) {
    EXPECT_TRUE(rc::check([] {
        const auto samples = *rc::gen::container<std::vector<std::int64_t>>(durations());
        const auto cut = samples.begin() + *rc::gen::inRange<std::ptrdiff_t>(
                                               0, static_cast<std::ptrdiff_t>(samples.size()) + 1);
        const auto whole = histogram_of(samples);
        const auto merged = histogram_of({samples.begin(), cut});
        merged->merge(*histogram_of({cut, samples.end()}));
        RC_ASSERT(merged->count() == whole->count());
        RC_ASSERT(merged->max_us() == whole->max_us());
        for (const std::size_t part : kParts)
            RC_ASSERT(quantile_of(*merged, part) == quantile_of(*whole, part));
    }));
}

}  // namespace
}  // namespace cellmon
