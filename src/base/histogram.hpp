#pragma once

#include <array>
#include <cstdint>

namespace cellmon {

/// A log-linear histogram of durations in microseconds (the idea of HdrHistogram): values up to
/// 2,047 are kept exactly, greater ones within 1/1024 of themselves, which is three digits. Values
/// above 2^40 µs (12 days) count as 2^40. 256 KiB, so it belongs on the heap. One thread records;
/// merge histograms to add threads up.
class Histogram {
  public:
    void record(std::int64_t value_us);
    void merge(const Histogram& other);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::int64_t max_us() const { return max_us_; }
    [[nodiscard]] double mean_us() const;

    /// The smallest recorded value with at least `fraction` (0…1) of all values at or below it,
    /// never too small and too great by less than 1/1024; 0 when empty.
    [[nodiscard]] std::int64_t quantile_us(double fraction) const;

  private:
    static constexpr unsigned kStepBits = 10;
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
