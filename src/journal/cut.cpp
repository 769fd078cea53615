#include "journal/cut.hpp"

#include <cstring>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "journal/recovery.hpp"
#include "journal/segment_reader.hpp"

namespace cellmon::journal {
namespace {

/// The first `count` entries of a record as a record of their own.
std::vector<std::byte> shortened(const Record& record, std::uint32_t count,
                                 const SegmentHeader& segment, std::uint64_t& chain) {
    const std::size_t head_bytes = record_head_bytes(count);
    std::size_t payload_bytes = 0;
    chain = record.header.chain_before;
    for (std::uint32_t i = 0; i < count; ++i) {
        const ConstBytes bytes = record.entry_header_bytes(i);
        EntryHeader entry;
        decode(bytes, entry);
        if (!segment.payloads_removed) payload_bytes += entry.payload_bytes;
        chain = chain_next(chain, bytes);
    }
    RecordHeader header = record.header;
    header.count = count;
    header.chain_after = chain;
    header.total_bytes = align_record(head_bytes + payload_bytes);
    std::vector<std::byte> made(header.total_bytes);
    std::memcpy(made.data(), record.head.data(), head_bytes);
    std::memcpy(made.data() + head_bytes, record.payloads.data(), payload_bytes);
    encode(header, Bytes(made).first(kRecordHeaderBytes));
    seal_record(Bytes(made).first(head_bytes), segment.salt);
    return made;
}

/// Ends the segment, which holds `sequence`, behind it.
Result<Cursor> cut_segment(io::FileSystem& files, const std::string& path, const Identity& identity,
                           const Redactions& redactions, std::uint64_t sequence) {
    CELLMON_TRY_ASSIGN(auto segment, SegmentReader::open(files, path, identity.journal_id));
    Position at = segment.begin();
    std::vector<std::byte> tail;
    std::uint64_t chain = at.chain;
    while (at.next_sequence <= sequence) {
        CELLMON_TRY_ASSIGN(const auto record,
                           segment.record_at(at, SegmentReader::Check::whole, redactions));
        if (!record) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{}: no valid record at byte {}", path, at.offset));
        }
        const Position after = SegmentReader::after(at, *record);
        if (after.next_sequence > sequence + 1) {
            const auto count = static_cast<std::uint32_t>(sequence + 1 - at.next_sequence);
            tail = shortened(*record, count, segment.header(), chain);
            break;
        }
        at = after;
        chain = after.chain;
    }
    CELLMON_TRY(replace_by_copy(files, path, at.offset, 0));
    if (!tail.empty()) {
        CELLMON_TRY_ASSIGN(const auto file, files.open(path, io::OpenMode::read_write));
        CELLMON_TRY(file->write_at(at.offset, tail));
        CELLMON_TRY(file->sync());
    }
    return Cursor{identity.journal_id, identity.epoch, sequence, chain};
}

}  // namespace

Result<Cursor> cut_behind(io::FileSystem& files, const std::string& directory,
                          const Identity& identity, const Redactions& redactions,
                          std::uint64_t sequence) {
    CELLMON_TRY_ASSIGN(const auto firsts, list_segments(files, directory));
    std::optional<std::uint64_t> holder;
    for (const std::uint64_t first : firsts) {
        if (first <= sequence) holder = first;
    }
    if (!holder) {
        return fail(ErrorCode::not_found,
                    fmt::format("{} does not hold sequence {}", directory, sequence));
    }
    for (auto first = firsts.rbegin(); first != firsts.rend() && *first > sequence; ++first)
        CELLMON_TRY(files.remove(fmt::format("{}/{}", directory, segment_name(*first))));
    CELLMON_TRY(files.sync_directory(directory));
    return cut_segment(files, fmt::format("{}/{}", directory, segment_name(*holder)), identity,
                       redactions, sequence);
}

}  // namespace cellmon::journal
