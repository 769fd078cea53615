#include "journal/removal.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "journal/recovery.hpp"
#include "journal/redactions.hpp"
#include "journal/segment_reader.hpp"

namespace cellmon::journal {
namespace {

/// Of the copy, that are written at once.
constexpr std::size_t kRemovalBytes = 1U << 20U;

std::string removal_path(const std::string& directory, std::uint64_t first) {
    return fmt::format("{}/{}", directory, segment_name(first));
}

/// Writes the copy of one segment.
class HollowCopy {
  public:
    HollowCopy(SegmentReader& from, io::File& to) : from_(from), to_(to) {}

    /// The size of the copy.
    Result<std::uint64_t> write(const SegmentFooter& sealed) {
        SegmentHeader header = from_.header();
        header.payloads_removed = true;
        encode(header, append(kSegmentHeaderBytes));
        Position at = from_.begin();
        std::uint64_t records = 0;
        while (at.offset != sealed.offset) {
            CELLMON_TRY_ASSIGN(const auto record,
                               from_.record_at(at, SegmentReader::Check::head_only, none_));
            if (!record) return damaged(at);
            CELLMON_TRY(copy_head(*record));
            at = SegmentReader::after(at, *record);
            ++records;
        }
        if (at.next_sequence != sealed.last_sequence + 1 || at.chain != sealed.chain_after ||
            records != sealed.record_count) {
            return damaged(at);
        }
        SegmentFooter footer = sealed;
        footer.offset = written_ + buffer_.size();
        encode(footer, header.salt, append(kFooterBytes));
        CELLMON_TRY(flush());
        return written_;
    }

  private:
    [[nodiscard]] tl::unexpected<Error> damaged(const Position& at) const {
        return fail(ErrorCode::corrupt,
                    fmt::format("{} is damaged at offset {} (sequence {}): its payloads stay; "
                                "'cellmon journal verify' says more",
                                from_.path(), at.offset, at.next_sequence));
    }

    /// Room for so many bytes, zeros, until the next call.
    Bytes append(std::size_t size) {
        buffer_.resize(buffer_.size() + size);
        return Bytes(buffer_).last(size);
    }

    Result<void> copy_head(const Record& record) {
        const std::size_t head_bytes = record.head.size();
        const Bytes made = append(align_record(head_bytes));
        std::memcpy(made.data(), record.head.data(), head_bytes);
        RecordHeader header = record.header;
        header.total_bytes = made.size();
        encode(header, made.first(kRecordHeaderBytes));
        seal_record(made.first(head_bytes), from_.header().salt);
        return buffer_.size() < kRemovalBytes ? Result<void>{} : flush();
    }

    Result<void> flush() {
        CELLMON_TRY(to_.write_at(written_, buffer_));
        written_ += buffer_.size();
        buffer_.clear();
        return {};
    }

    SegmentReader& from_;
    io::File& to_;
    const Redactions none_;
    std::vector<std::byte> buffer_;
    std::uint64_t written_ = 0;
};

Result<std::uint64_t> copy_without_payloads(io::FileSystem& files, SegmentReader& segment,
                                            const SegmentFooter& footer, const std::string& path) {
    CELLMON_TRY_ASSIGN(const auto file, files.open(path, io::OpenMode::create));
    CELLMON_TRY_ASSIGN(const std::uint64_t size, HollowCopy(segment, *file).write(footer));
    CELLMON_TRY(file->sync());
    return size;
}

/// When its first record was appended; nullopt while it has none.
Result<std::optional<TimeUs>> begun_us(io::FileSystem& files, const std::string& path,
                                       const Id128& journal_id) {
    CELLMON_TRY_ASSIGN(auto segment, SegmentReader::open(files, path, journal_id));
    CELLMON_TRY_ASSIGN(const auto record,
                       segment.record_at(segment.begin(), SegmentReader::Check::head_only, {}));
    if (!record) return std::nullopt;
    return record->header.append_time_us;
}

}  // namespace

Result<std::vector<SealedSegment>> sealed_segments(io::FileSystem& files,
                                                   const std::string& directory,
                                                   const Id128& journal_id) {
    CELLMON_TRY_ASSIGN(const auto firsts, list_segments(files, directory));
    std::vector<SealedSegment> all;
    for (std::size_t i = 0; i + 1 < firsts.size(); ++i) {
        const std::string path = removal_path(directory, firsts[i]);
        CELLMON_TRY_ASSIGN(auto segment, SegmentReader::open(files, path, journal_id));
        CELLMON_TRY_ASSIGN(const auto footer, segment.footer());
        CELLMON_TRY_ASSIGN(const auto began_us, begun_us(files, path, journal_id));
        CELLMON_TRY_ASSIGN(const auto followed_us,
                           begun_us(files, removal_path(directory, firsts[i + 1]), journal_id));
        // A writer seals before it begins the next: what has no footer here is damaged.
        if (!footer || !began_us || !followed_us) break;
        all.push_back({firsts[i], footer->last_sequence, footer->offset + kFooterBytes, *began_us,
                       *followed_us, segment.header().payloads_removed});
    }
    return all;
}

Result<TimeUs> newest_entry_us(io::FileSystem& files, const std::string& directory,
                               const Id128& journal_id, std::uint64_t first) {
    CELLMON_TRY_ASSIGN(auto segment,
                       SegmentReader::open(files, removal_path(directory, first), journal_id));
    TimeUs newest_us = 0;
    Position at = segment.begin();
    while (true) {
        CELLMON_TRY_ASSIGN(const auto record,
                           segment.record_at(at, SegmentReader::Check::head_only, {}));
        if (!record) return newest_us;
        newest_us = std::max(newest_us, record->header.append_time_us);
        at = SegmentReader::after(at, *record);
    }
}

Result<std::uint64_t> remove_payloads(io::FileSystem& files, const std::string& directory,
                                      const Id128& journal_id, std::uint64_t first) {
    const std::string path = removal_path(directory, first);
    CELLMON_TRY_ASSIGN(auto segment, SegmentReader::open(files, path, journal_id));
    if (segment.header().payloads_removed) return 0;
    CELLMON_TRY_ASSIGN(const auto footer, segment.footer());
    if (!footer) {
        return fail(ErrorCode::invalid, fmt::format("{} is not sealed: its payloads stay", path));
    }
    const std::string copy_path = path + std::string(kRecoveringSuffix);
    const auto size = copy_without_payloads(files, segment, *footer, copy_path);
    if (!size) {
        // Behind a failure it may be there or not, and the next opening removes it, too.
        static_cast<void>(files.remove(copy_path));
        return fail(size.error());
    }
    CELLMON_TRY(files.rename(copy_path, path));
    CELLMON_TRY(files.sync_directory(directory));
    return footer->offset + kFooterBytes - *size;
}

Result<std::uint64_t> first_kept(io::FileSystem& files, const std::string& directory,
                                 const Id128& journal_id) {
    CELLMON_TRY_ASSIGN(const auto firsts, list_segments(files, directory));
    for (std::size_t i = firsts.size(); i-- > 0;) {
        CELLMON_TRY_ASSIGN(
            auto segment,
            SegmentReader::open(files, removal_path(directory, firsts[i]), journal_id));
        if (!segment.header().payloads_removed) continue;
        if (i + 1 < firsts.size()) return firsts[i + 1];
        // The last one: a repair or a restore has cut the journal here.
        Position at = segment.begin();
        while (true) {
            CELLMON_TRY_ASSIGN(const auto record,
                               segment.record_at(at, SegmentReader::Check::head_only, {}));
            if (!record) return at.next_sequence;
            at = SegmentReader::after(at, *record);
        }
    }
    return 1;
}

Error needs_snapshot(std::uint64_t first_kept) {
    return {ErrorCode::needs_snapshot,
            fmt::format("needs snapshot: the content of the events through sequence {} was removed "
                        "from this journal (retention), so nothing can be made from it any more; "
                        "restore a backup that still has it into an empty folder (cellmon "
                        "restore), or bring back a copy of the store itself",
                        first_kept - 1)};
}

}  // namespace cellmon::journal
