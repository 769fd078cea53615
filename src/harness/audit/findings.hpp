#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cellmon::harness {

/// The ways in which a promise can be broken.
enum class Fault {
    lost,     ///< Promised and not there.
    phantom,  ///< There, and never sent.
    doubled,  ///< There more than once.
    wrong,    ///< There with other fields than were sent.
    refused,  ///< There as it was sent, though its client was told that it is refused.
    order,    ///< A sequence that is missing or does not rise.
    differs,  ///< Journal and events table do not say the same of one sequence.
};
inline constexpr std::size_t kFaults = 7;

[[nodiscard]] std::string_view name_of(Fault fault);

/// Counts of faults, with the first of each kind named.
class Findings {
  public:
    static constexpr std::size_t kMaxSamples = 20;

    void add(Fault fault, std::string sample);
    [[nodiscard]] std::uint64_t count(Fault fault) const {
        return counts_[static_cast<std::size_t>(fault)];
    }
    [[nodiscard]] const std::vector<std::string>& samples(Fault fault) const {
        return samples_[static_cast<std::size_t>(fault)];
    }
    [[nodiscard]] bool clean() const;

  private:
    std::array<std::uint64_t, kFaults> counts_{};
    std::array<std::vector<std::string>, kFaults> samples_;
};

}  // namespace cellmon::harness
