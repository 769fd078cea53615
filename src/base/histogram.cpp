#include "base/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace cellmon {

// Values below kSteps have a bucket each. Above, a value with its highest bit at position b falls
// into one of kSteps equal buckets of width 2^(b - kStepBits).
std::size_t Histogram::bucket_of(std::uint64_t value) {
    if (value < kSteps) return value;
    const unsigned high = static_cast<unsigned>(std::bit_width(value)) - 1;
    const unsigned shift = high - kStepBits;
    return (shift + 1) * kSteps + ((value >> shift) - kSteps);
}

std::uint64_t Histogram::upper_bound_of(std::size_t bucket) {
    if (bucket < kSteps) return bucket;
    const std::size_t shift = bucket / kSteps - 1;
    const std::uint64_t step = bucket % kSteps + kSteps;
    return ((step + 1) << shift) - 1;
}

void Histogram::record(std::int64_t value_us) {
    const auto value = static_cast<std::uint64_t>(
        std::clamp<std::int64_t>(value_us, 0, (std::int64_t{1} << kMaxBits)));
    ++buckets_[bucket_of(value)];
    ++count_;
    sum_us_ += static_cast<double>(value);
    max_us_ = std::max(max_us_, static_cast<std::int64_t>(value));
}

void Histogram::merge(const Histogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i)
        buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_us_ += other.sum_us_;
    max_us_ = std::max(max_us_, other.max_us_);
}

double Histogram::mean_us() const {
    return count_ == 0 ? 0.0 : sum_us_ / static_cast<double>(count_);
}

std::int64_t Histogram::quantile_us(double fraction) const {
    if (count_ == 0) return 0;
    // 0.07 of 100 is 7 and a hair in floating point, and must not become 8.
    constexpr double kHair = 1 - 4 * std::numeric_limits<double>::epsilon();
    const double wanted =
        std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_) * kHair);
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        seen += buckets_[i];
        if (seen >= rank) {
            return std::min(max_us_, static_cast<std::int64_t>(upper_bound_of(i)));
        }
    }
    return max_us_;
}

}  // namespace cellmon
