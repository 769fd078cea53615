#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "journal/removal.hpp"
#include "retention/options.hpp"

namespace cellmon::retention {

/// Somebody who makes something of the journal, and how far they certainly are: behind a crash,
/// too.
struct FoldedThrough {
    std::string name;
    std::uint64_t sequence = 0;
};

/// What stands in the way of removing payloads.
struct Barriers {
    std::optional<std::uint64_t> covered;  ///< Through here a backup has them;
                                           ///< nullopt: none has.
    std::vector<FoldedThrough> readers;
};

/// Which segments lose their payloads now.
struct SegmentChoice {
    std::vector<std::uint64_t> segments;  ///< By their first sequences, the oldest first.
    std::uint64_t waiting = 0;            ///< That are due, and wait for
    std::string waiting_for;              ///< this; empty: none does.
    std::uint64_t kept_bytes = 0;         ///< Of sealed segments with payloads, before.
    std::uint64_t removed_through = 0;    ///< Entries up to here have none, before; 0: none.
};

/// Payloads go from the front of the journal, segment by segment: one that has to wait keeps those
/// behind it waiting, so that what is left has no holes.
[[nodiscard]] SegmentChoice choose(std::span<const journal::SealedSegment> segments,
                                   const RetentionOptions& options, const Barriers& barriers,
                                   TimeUs now);

}  // namespace cellmon::retention
