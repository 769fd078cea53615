#pragma once

#include <cstdint>
#include <optional>

namespace cellmon::harness::monitor {

/// Of a metric over a run; samples that could not be read are not added.
class Statistics {
  public:
    void add(double value);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::optional<double> current() const { return known(current_); }
    [[nodiscard]] std::optional<double> average() const;
    [[nodiscard]] std::optional<double> peak() const { return known(peak_); }
    /// From the first sample to the last.
    [[nodiscard]] std::optional<double> growth() const { return known(current_ - first_); }

  private:
    [[nodiscard]] std::optional<double> known(double value) const {
        return count_ > 0 ? std::optional(value) : std::nullopt;
    }

    std::uint64_t count_ = 0;
    double first_ = 0;
    double current_ = 0;
    double sum_ = 0;
    double peak_ = 0;
};

}  // namespace cellmon::harness::monitor
