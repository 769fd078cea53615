#include "journal/segment_reader.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/crc32c.hpp"

namespace cellmon::journal {
namespace {

// A window read anew begins small, or with as much as was read since the one before was dropped,
// and doubles as reading goes on: whoever follows the writer wants what was appended since, and not
// the empty rest of a file that was made at its full size.
constexpr std::size_t kFirstWindowBytes = 16U << 10U;
constexpr std::size_t kWindowBytes = 256U << 10U;

}  // namespace

Result<SegmentReader> SegmentReader::open(io::FileSystem& files, const std::string& path,
                                          const Id128& journal_id) {
    CELLMON_TRY_ASSIGN(auto file, files.open(path, io::OpenMode::read));
    SegmentReader reader(std::move(file), path);
    std::array<std::byte, kSegmentHeaderBytes> bytes{};
    CELLMON_TRY_ASSIGN(const std::size_t got, reader.file_->read_at(0, bytes));
    if (got == bytes.size() && segment_format_version(bytes) > kFormatVersion) {
        return fail(ErrorCode::newer_format,
                    fmt::format("{} has format version {}; this program reads up to {}. Use the "
                                "newer program that wrote it",
                                path, segment_format_version(bytes), kFormatVersion));
    }
    if (got < bytes.size() || !decode(bytes, reader.header_)) {
        return fail(ErrorCode::corrupt, fmt::format("{}: the segment header is damaged", path));
    }
    if (reader.header_.journal_id != journal_id) {
        return fail(ErrorCode::corrupt,
                    fmt::format("{} belongs to journal {}, not to {}", path,
                                reader.header_.journal_id.to_string(), journal_id.to_string()));
    }
    return reader;
}

Result<ConstBytes> SegmentReader::view(std::uint64_t offset, std::size_t size) {
    if (!holds(offset, size)) {
        const std::size_t wanted = std::max(size, next_window_);
        next_window_ = std::exchange(window_after_, std::min(2 * window_after_, kWindowBytes));
        if (window_.size() < wanted) window_.resize(wanted);
        window_offset_ = offset;
        window_bytes_ = 0;
        CELLMON_TRY_ASSIGN(window_bytes_, file_->read_at(offset, Bytes(window_).first(wanted)));
    }
    const std::size_t skip = static_cast<std::size_t>(offset - window_offset_);
    return ConstBytes(window_).subspan(skip, std::min(size, window_bytes_ - skip));
}

bool SegmentReader::holds(std::uint64_t offset, std::uint64_t size) const {
    return offset >= window_offset_ && size <= window_bytes_ &&
           offset - window_offset_ <= window_bytes_ - size;
}

std::string_view SegmentReader::held_from(std::uint64_t offset) const {
    const auto held = ConstBytes(window_).first(window_bytes_).subspan(offset - window_offset_);
    return {reinterpret_cast<const char*>(held.data()), held.size()};
}

void SegmentReader::drop_window(std::uint64_t at) {
    window_bytes_ = 0;
    const std::uint64_t read = at - std::min(at, std::exchange(dropped_at_, at));
    next_window_ = std::clamp<std::uint64_t>(read + read / 8, kFirstWindowBytes, kWindowBytes);
    window_after_ = kFirstWindowBytes;
}

Result<std::optional<SegmentFooter>> SegmentReader::footer() {
    CELLMON_TRY_ASSIGN(const std::uint64_t size, file_->size());
    if (size < kSegmentHeaderBytes + kFooterBytes) return std::nullopt;
    std::array<std::byte, kFooterBytes> bytes{};
    CELLMON_TRY_ASSIGN(const std::size_t got, file_->read_at(size - kFooterBytes, bytes));
    SegmentFooter footer;
    if (got < bytes.size() || !decode(bytes, header_.salt, footer)) return std::nullopt;
    // A footer seals at least one record of its own segment: readers and recovery go on behind its
    // last sequence, which must lead forward.
    if (footer.offset != size - kFooterBytes || footer.first_sequence != header_.first_sequence ||
        footer.last_sequence < footer.first_sequence) {
        return std::nullopt;
    }
    return footer;
}

Result<std::optional<Record>> SegmentReader::record_at(const Position& at, Check check,
                                                       const Redactions& redactions) {
    CELLMON_TRY_ASSIGN(auto record, try_record(at, check, redactions));
    if (record) return record;
    drop_window(at.offset);
    return try_record(at, check, redactions);
}

Result<std::optional<Record>> SegmentReader::try_record(const Position& at, Check check,
                                                        const Redactions& redactions) {
    RecordHeader header;
    CELLMON_TRY_ASSIGN(ConstBytes bytes, view(at.offset, kRecordHeaderBytes));
    if (!decode_unchecked(bytes, header)) return std::nullopt;
    // The length and count are not yet believed: both must fit into the file before memory is taken
    // for them. What was read already does, and small records cost no look at the file each.
    if (!holds(at.offset, header.total_bytes)) {
        CELLMON_TRY_ASSIGN(const std::uint64_t size, file_->size());
        if (at.offset > size || header.total_bytes > size - at.offset) return std::nullopt;
    }
    const std::size_t head_bytes = record_head_bytes(header.count);
    const std::size_t wanted = check == Check::whole ? header.total_bytes : head_bytes;
    CELLMON_TRY_ASSIGN(bytes, view(at.offset, wanted));
    if (bytes.size() < wanted) return std::nullopt;

    Record record{header, bytes.first(head_bytes), bytes.subspan(head_bytes)};
    if (!record_crc_matches(record.head, header_.salt)) return std::nullopt;
    if (header.first_sequence != at.next_sequence || header.chain_before != at.chain) {
        return std::nullopt;
    }
    std::uint64_t chain = at.chain;
    std::size_t payload_at = 0;
    for (std::size_t i = 0; i < header.count; ++i) {
        const ConstBytes entry_bytes = record.entry_header_bytes(i);
        EntryHeader entry;
        decode(entry_bytes, entry);
        if (entry.sequence != header.first_sequence + i) return std::nullopt;
        chain = chain_next(chain, entry_bytes);
        if (header_.payloads_removed) continue;
        if (head_bytes + payload_at + entry.payload_bytes > header.total_bytes) return std::nullopt;
        if (check == Check::whole &&
            crc32c(record.payloads.subspan(payload_at, entry.payload_bytes)) != entry.payload_crc &&
            !redactions.contains(entry.sequence)) {
            return std::nullopt;
        }
        payload_at += entry.payload_bytes;
    }
    if (chain != header.chain_after) return std::nullopt;
    if (align_record(head_bytes + payload_at) != header.total_bytes) return std::nullopt;
    return record;
}

Position SegmentReader::after(const Position& at, const Record& record) {
    return {at.offset + record.header.total_bytes, at.next_sequence + record.header.count,
            record.header.chain_after};
}

Result<bool> SegmentReader::is_record(std::uint64_t offset, std::uint64_t file_bytes,
                                      std::uint64_t least_sequence) {
    CELLMON_TRY_ASSIGN(const ConstBytes bytes, view(offset, kRecordHeaderBytes));
    RecordHeader header;
    if (!decode_unchecked(bytes, header) || header.first_sequence < least_sequence ||
        record_head_bytes(header.count) > file_bytes - offset) {
        return false;
    }
    CELLMON_TRY_ASSIGN(const ConstBytes head, view(offset, record_head_bytes(header.count)));
    return record_crc_matches(head, header_.salt);
}

Result<std::optional<std::uint64_t>> SegmentReader::find_record_behind(const Position& at) {
    CELLMON_TRY_ASSIGN(const std::uint64_t size, file_->size());
    drop_window(at.offset);
    std::uint64_t offset = at.offset + kRecordAlignment;
    // Most of what is looked at is the empty rest of a file made at its full size: the magic is
    // looked for in a window at a time.
    while (offset + kRecordHeaderBytes <= size) {
        if (!holds(offset, kRecordHeaderBytes)) {
            CELLMON_TRY(view(offset, kWindowBytes));
            if (!holds(offset, kRecordHeaderBytes)) break;
        }
        const std::string_view text = held_from(offset);
        const std::size_t found = text.find(kRecordMagic);
        // No magic at an aligned place reaches over an aligned end.
        offset += std::min(found, text.size()) / kRecordAlignment * kRecordAlignment;
        if (found == std::string_view::npos) continue;
        CELLMON_TRY_ASSIGN(const bool record, is_record(offset, size, at.next_sequence));
        if (record) return offset;
        offset += kRecordAlignment;
    }
    return std::nullopt;
}

}  // namespace cellmon::journal
