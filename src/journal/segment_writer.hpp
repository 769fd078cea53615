#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/format.hpp"
#include "journal/segment_reader.hpp"

namespace cellmon::journal {

/// Makes `prepared.tmp`: an empty file with room for a segment, durable. Slow; done ahead by a
/// thread that has time.
Result<void> prepare_segment(io::FileSystem& files, const std::string& directory,
                             std::uint64_t segment_bytes);

/// Appends records to the one segment that is not sealed. One thread. After an error the object
/// must not be used again.
class SegmentWriter {
  public:
    /// Begins a segment in `prepared.tmp`, preparing it first when it is not there. Durable when it
    /// returns.
    static Result<SegmentWriter> begin(io::FileSystem& files, const std::string& directory,
                                       const SegmentHeader& header, std::uint64_t segment_bytes);

    /// Goes on in a segment that recovery left, behind `end`.
    static Result<SegmentWriter> resume(io::FileSystem& files, const std::string& directory,
                                        const SegmentHeader& header, const Position& end,
                                        std::uint64_t record_count);

    /// Writes one sealed record and syncs it: durable when it returns.
    Result<void> append(ConstBytes record, const RecordHeader& header);

    /// Writes the footer and cuts the file to its end. Durable when it returns.
    Result<void> seal();

    [[nodiscard]] const Position& end() const { return end_; }
    [[nodiscard]] const SegmentHeader& header() const { return header_; }
    [[nodiscard]] bool empty() const { return record_count_ == 0; }

  private:
    SegmentWriter(std::unique_ptr<io::File> file, const SegmentHeader& header, const Position& end,
                  std::uint64_t record_count)
        : file_(std::move(file)), header_(header), end_(end), record_count_(record_count) {}

    std::unique_ptr<io::File> file_;
    SegmentHeader header_;
    Position end_;
    std::uint64_t record_count_;
};

}  // namespace cellmon::journal
