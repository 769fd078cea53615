#pragma once

#include <cstdint>
#include <optional>

#include "base/id128.hpp"

namespace cellmon::relational {

/// Which of the collected event ids move into the large table when. All ids are divided by their
/// first byte into slices of equal width, which take turns; so every id moves within `interval`
/// sequences, and no merge takes as long as one of all would.
class IdSlices {
  public:
    /// From `first` through `last`.
    struct Range {
        Id128 first;
        Id128 last;
    };

    explicit IdSlices(std::uint64_t interval);

    /// The ids to move behind the entry of that sequence; nullopt: none.
    [[nodiscard]] std::optional<Range> due(std::uint64_t sequence) const;

    /// The first sequence from `sequence` on behind which an id with that first byte moves.
    [[nodiscard]] std::uint64_t moves_at(std::uint8_t first_byte, std::uint64_t sequence) const;

  private:
    std::uint64_t slices_;
    std::uint64_t step_;  ///< Sequences from one merge to the next.
};

}  // namespace cellmon::relational
