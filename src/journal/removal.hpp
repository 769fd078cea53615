#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id128.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::journal {

/// A sealed segment behind which another one has begun, as retention sees it.
struct SealedSegment {
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t bytes = 0;  ///< Of its file.
    TimeUs begun_us = 0;      ///< When its first entry was appended.
    /// None of its entries is younger: when the first one behind it was appended.
    TimeUs newest_us = 0;
    bool payloads_removed = false;
};

/// The sealed segments that entries follow, in their order. Reads headers, footers and one record
/// head each. Beside a writer or without one.
Result<std::vector<SealedSegment>> sealed_segments(io::FileSystem& files,
                                                   const std::string& directory,
                                                   const Id128& journal_id);

/// When the newest entry of the segment that begins with `first` was appended. Reads all of it.
Result<TimeUs> newest_entry_us(io::FileSystem& files, const std::string& directory,
                               const Id128& journal_id, std::uint64_t first);

/// Puts a copy without payloads in the place of the sealed segment that begins with `first`; one
/// without them stays as it is. Every header of an entry stays: ids, hashes, times, lengths, CRCs
/// and with them the chain. Durable when it returns; whatever ends it leaves the one or the other,
/// and what is left beside it goes at the next opening. Readers that have the old file open go on
/// with that. Returns the bytes that the file became shorter by.
///
/// ErrorCode::corrupt, and nothing is changed, when the records do not lead to the footer. One at a
/// time, by who holds the folder's `lock`.
Result<std::uint64_t> remove_payloads(io::FileSystem& files, const std::string& directory,
                                      const Id128& journal_id, std::uint64_t first);

/// The first sequence from which on all payloads are there (but blanked ones); 1 where none was
/// removed. Looks at the headers of all segments.
Result<std::uint64_t> first_kept(io::FileSystem& files, const std::string& directory,
                                 const Id128& journal_id);

/// What somebody is told who would need the payloads in front of `first_kept`.
[[nodiscard]] Error needs_snapshot(std::uint64_t first_kept);

}  // namespace cellmon::journal
