#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/format.hpp"
#include "journal/redactions.hpp"

namespace cellmon::journal {

/// Where reading stands inside the journal: what the next record must continue.
struct Position {
    std::uint64_t offset = kSegmentHeaderBytes;  ///< In the segment's file.
    std::uint64_t next_sequence = 1;
    std::uint64_t chain = 0;
};

/// One record, checked. The views point into the segment reader's window.
struct Record {
    RecordHeader header;
    ConstBytes head;      ///< Record header and entry headers.
    ConstBytes payloads;  ///< Nothing of a segment whose payloads were removed.

    [[nodiscard]] ConstBytes entry_header_bytes(std::size_t index) const {
        return head.subspan(record_head_bytes(index), kEntryHeaderBytes);
    }
};

/// Reads one segment through a sliding window. Knows nothing of other segments. One thread.
class SegmentReader {
  public:
    /// ErrorCode::corrupt when the header is damaged or belongs to another journal, newer_format
    /// when it is too new.
    static Result<SegmentReader> open(io::FileSystem& files, const std::string& path,
                                      const Id128& journal_id);

    [[nodiscard]] const SegmentHeader& header() const { return header_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] Position begin() const {
        return {kSegmentHeaderBytes, header_.first_sequence, header_.chain_before};
    }

    /// The footer when the segment is sealed: checked by itself and against the header, not against
    /// the records.
    Result<std::optional<SegmentFooter>> footer();

    enum class Check {
        whole,      ///< Everything, payloads too where they are.
        head_only,  ///< Record header and entry headers; payload bytes are not looked at.
    };

    /// The record at `at`; nullopt when no valid one that continues `at` stands there. Reads the
    /// file again when the window shows none, because a writer may have appended meanwhile.
    /// `*record` is valid until the next call.
    Result<std::optional<Record>> record_at(const Position& at, Check check,
                                            const Redactions& redactions);

    /// The position behind `record`, which starts at `at`.
    [[nodiscard]] static Position after(const Position& at, const Record& record);

    /// Whether a record of this segment with a sequence of at least `at.next_sequence` lies
    /// anywhere behind `at`.
    Result<std::optional<std::uint64_t>> find_record_behind(const Position& at);

    [[nodiscard]] Result<std::uint64_t> file_size() { return file_->size(); }

  private:
    SegmentReader(std::unique_ptr<io::File> file, std::string path)
        : file_(std::move(file)), path_(std::move(path)) {
        drop_window(0);
    }

    /// The bytes [offset, offset + size), or fewer at the end of the file.
    Result<ConstBytes> view(std::uint64_t offset, std::size_t size);
    Result<std::optional<Record>> try_record(const Position& at, Check check,
                                             const Redactions& redactions);
    /// Whether the head of a record of this segment, of at least that sequence, stands there, which
    /// lies within the file.
    Result<bool> is_record(std::uint64_t offset, std::uint64_t file_bytes,
                           std::uint64_t least_sequence);
    /// Whether all of it is in the window. Any numbers.
    [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t size) const;
    /// What the window holds from `offset`, which lies in it, to its end.
    [[nodiscard]] std::string_view held_from(std::uint64_t offset) const;
    /// What stands at `at` and behind it is read anew when it is looked at next.
    void drop_window(std::uint64_t at);

    std::unique_ptr<io::File> file_;
    std::string path_;
    SegmentHeader header_;
    std::vector<std::byte> window_;
    std::uint64_t window_offset_ = 0;
    std::size_t window_bytes_ = 0;
    std::uint64_t dropped_at_ = 0;  // When it was dropped last.
    std::size_t next_window_ = 0;   // How much the next one takes, and the one after it; both set
    std::size_t window_after_ = 0;  // by drop_window().
};

}  // namespace cellmon::journal
