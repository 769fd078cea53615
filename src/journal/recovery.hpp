#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/identity.hpp"
#include "journal/redactions.hpp"
#include "journal/segment_reader.hpp"

namespace cellmon::journal {

/// Where the journal ends after recovery, and the segment to go on in.
struct RecoveredEnd {
    std::uint64_t next_sequence = 1;
    std::uint64_t chain = 0;
    std::size_t segments = 0;

    /// The unsealed segment; none when there is no segment yet or the last one is sealed.
    struct Open {
        SegmentHeader header;
        Position end;
        std::uint64_t record_count = 0;
        TimeUs begun_us = 0;  ///< When its first record was appended; 0: it has none.
    };
    std::optional<Open> open_segment;
    std::uint64_t dropped_bytes = 0;  ///< Of a torn record behind the end.
};

/// First sequences of the segments in the folder, ascending.
Result<std::vector<std::uint64_t>> list_segments(io::FileSystem& files,
                                                 const std::string& directory);

/// Puts a durable copy of the first `valid_bytes` of the file at `path` in its place, with room for
/// `room_bytes` (0: none ahead).
Result<void> replace_by_copy(io::FileSystem& files, const std::string& path,
                             std::uint64_t valid_bytes, std::uint64_t room_bytes);

/// How much of the file from `from` on is not zero: the torn record behind the last valid one.
Result<std::uint64_t> torn_bytes(io::FileSystem& files, const std::string& path,
                                 std::uint64_t from);

/// Checks all segments (sealed ones by their footers) and makes the unsealed one trustworthy: its
/// valid part is copied to a new file, synced and renamed over it, because the page cache may show
/// bytes that a failed sync never brought to the disk. ErrorCode::corrupt, saying where, when
/// anything but a torn last record is wrong,
/// or when the journal ends before the sequence that `durable` names.
Result<RecoveredEnd> recover(io::FileSystem& files, const std::string& directory,
                             const Identity& identity, const Redactions& redactions,
                             std::uint64_t segment_bytes);

}  // namespace cellmon::journal
