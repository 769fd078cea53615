#include "sinks/relational/id_slices.hpp"

#include <algorithm>

namespace cellmon::relational {
namespace {

constexpr std::uint64_t kMostSlices = 64;

/// A merge of fewer new ids than this is not worth its start.
constexpr std::uint64_t kLeastStep = 1'024;

}  // namespace

IdSlices::IdSlices(std::uint64_t interval)
    : slices_(std::clamp<std::uint64_t>(interval / kLeastStep, 1, kMostSlices)),
      step_(interval / slices_) {}

std::optional<IdSlices::Range> IdSlices::due(std::uint64_t sequence) const {
    if (sequence % step_ != 0) return std::nullopt;
    constexpr std::uint64_t kBytes = 256;
    const std::uint64_t slice = sequence / step_ % slices_;
    Range range;
    range.first.bytes[0] = static_cast<std::uint8_t>(slice * kBytes / slices_);
    range.last.bytes.fill(0xff);
    range.last.bytes[0] = static_cast<std::uint8_t>((slice + 1) * kBytes / slices_ - 1);
    return range;
}

}  // namespace cellmon::relational
