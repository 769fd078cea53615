#pragma once

#include <array>
#include <cstdint>

namespace cellmon {

/// A log-linear histogram of durations in microseconds: 128 linear steps in each power of two, so a
/// recorded value is known within 0.8 % (the idea of HdrHistogram). Values above 2^40 µs (12 days)
/// count as 2^40. One thread records; merge histograms to add threads up.
class Histogram {
  public:
    void record(std::int64_t value_us);
    void merge(const Histogram& other);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::int64_t max_us() const { return max_us_; }
    [[nodiscard]] double mean_us() const;

    /// The smallest recorded value with at least `fraction` (0…1) of all values at or below it; 0
    /// when empty.
    [[nodiscard]] std::int64_t quantile_us(double fraction) const;

  private:
    static constexpr unsigned kStepBits = 7;
    static constexpr unsigned kMaxBits = 40;
    static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;
    static constexpr std::size_t kBuckets = (kMaxBits - kStepBits + 2) * kSteps;

    static std::size_t bucket_of(std::uint64_t value);
    static std::uint64_t upper_bound_of(std::size_t bucket);

    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0;
    std::int64_t max_us_ = 0;
    double sum_us_ = 0;
};

}  // namespace cellmon
