#include "sinks/relational/id_slices.hpp"

#include <algorithm>

namespace cellmon::relational {
namespace {

constexpr std::uint64_t kMostSlices = 64;

/// A merge of fewer new ids than this is not worth its start.
constexpr std::uint64_t kLeastStep = 1'024;

constexpr std::uint64_t kBytes = 256;

}  // namespace

IdSlices::IdSlices(std::uint64_t interval)
    : slices_(std::clamp<std::uint64_t>(interval / kLeastStep, 1, kMostSlices)),
      step_(interval / slices_) {}

std::optional<IdSlices::Range> IdSlices::due(std::uint64_t sequence) const {
    if (sequence % step_ != 0) return std::nullopt;
    const std::uint64_t slice = sequence / step_ % slices_;
    Range range;
    range.first.bytes[0] = static_cast<std::uint8_t>(slice * kBytes / slices_);
    range.last.bytes.fill(0xff);
    range.last.bytes[0] = static_cast<std::uint8_t>((slice + 1) * kBytes / slices_ - 1);
    return range;
}

std::uint64_t IdSlices::moves_at(std::uint8_t first_byte, std::uint64_t sequence) const {
    std::uint64_t at = (sequence + step_ - 1) / step_ * step_;
    while (true) {
        const auto range = due(at);
        if (range->first.bytes[0] <= first_byte && first_byte <= range->last.bytes[0]) return at;
        at += step_;
    }
}

}  // namespace cellmon::relational
