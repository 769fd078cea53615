#include "retention/choice.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace cellmon::retention {
namespace {

/// Why the payloads of the segment cannot go yet; empty: they can.
std::string obstacle(const journal::SealedSegment& segment, const RetentionOptions& options,
                     const Barriers& barriers) {
    if (!options.without_backup) {
        if (!barriers.covered) return "a backup";
        // One that ends with the segment may have it as it was before it was sealed, which no later
        // backup can take over.
        if (*barriers.covered <= segment.last_sequence) {
            return fmt::format("a backup that goes beyond sequence {}", segment.last_sequence);
        }
    }
    const auto slowest = std::ranges::min_element(barriers.readers, {}, &FoldedThrough::sequence);
    if (slowest == barriers.readers.end() || slowest->sequence >= segment.last_sequence) return {};
    return fmt::format("{}, which is at sequence {}", slowest->name, slowest->sequence);
}

}  // namespace

SegmentChoice choose(std::span<const journal::SealedSegment> segments,
                     const RetentionOptions& options, const Barriers& barriers, TimeUs now) {
    SegmentChoice choice;
    for (const journal::SealedSegment& segment : segments) {
        if (segment.payloads_removed) {
            choice.removed_through = segment.last_sequence;
        } else {
            choice.kept_bytes += segment.bytes;
        }
    }
    const auto days = static_cast<std::int64_t>(options.payload_days);
    std::uint64_t left = choice.kept_bytes;
    for (const journal::SealedSegment& segment : segments) {
        if (segment.payloads_removed) continue;
        const std::int64_t age_us = now - segment.newest_us;
        const bool is_old = days > 0 && age_us >= days * kDayUs;
        const bool is_too_much =
            options.payload_bytes > 0 && left > options.payload_bytes && age_us >= kLeastAge_us;
        if (!is_old && !is_too_much) break;
        left -= segment.bytes;
        if (choice.waiting == 0) choice.waiting_for = obstacle(segment, options, barriers);
        if (choice.waiting_for.empty()) {
            choice.segments.push_back(segment.first_sequence);
        } else {
            ++choice.waiting;
        }
    }
    return choice;
}

}  // namespace cellmon::retention
