#include "journal/recovery.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "journal/durable_file.hpp"

namespace cellmon::journal {
namespace {

constexpr std::size_t kCopyBytes = 64U << 10U;

constexpr std::string_view kWhatToDo =
    "Nothing was changed. 'cellmon journal verify' shows the extent, 'cellmon journal repair' "
    "cuts the journal there; a backup may hold more";

/// A crash may leave these; nothing in them was ever acknowledged.
Result<void> remove_leftovers(io::FileSystem& files, const std::string& directory) {
    CELLMON_TRY_ASSIGN(const auto names, files.list(directory));
    for (const std::string& name : names) {
        const bool leftover = name == kPreparedFile || name.ends_with(kRecoveringSuffix) ||
                              (name.ends_with(".tmp") && !name.starts_with("ids."));
        if (leftover) CELLMON_TRY(files.remove(directory + "/" + name));
    }
    return {};
}

/// Scans the whole unsealed segment; the position behind its last valid record.
Result<RecoveredEnd::Open> find_valid_end(SegmentReader& segment, const Redactions& redactions) {
    RecoveredEnd::Open open{segment.header(), segment.begin(), 0, 0};
    while (true) {
        CELLMON_TRY_ASSIGN(auto record,
                           segment.record_at(open.end, SegmentReader::Check::whole, redactions));
        if (!record) break;
        if (open.record_count == 0) open.begun_us = record->header.append_time_us;
        open.end = SegmentReader::after(open.end, *record);
        ++open.record_count;
    }
    CELLMON_TRY_ASSIGN(const auto behind, segment.find_record_behind(open.end));
    if (behind) {
        return fail(ErrorCode::corrupt,
                    fmt::format("{}: the record at offset {} is damaged, but a valid one lies "
                                "behind it at offset {}. {}",
                                segment.path(), open.end.offset, *behind, kWhatToDo));
    }
    return open;
}

/// Behind the last valid record a damaged one looks like a torn one. What a writer called durable
/// tells them apart.
Result<void> refuse_missing(const std::string& directory, std::uint64_t next_sequence,
                            std::optional<std::uint64_t> durable) {
    if (!durable || *durable < next_sequence) return {};
    return fail(ErrorCode::corrupt,
                fmt::format("{}: {}. Nothing was changed. 'cellmon journal verify' shows the end, "
                            "'cellmon journal repair' accepts the loss; a backup may hold more",
                            directory, describe_missing(next_sequence - 1, *durable)));
}

}  // namespace

Result<std::vector<std::uint64_t>> list_segments(io::FileSystem& files,
                                                 const std::string& directory) {
    CELLMON_TRY_ASSIGN(const auto names, files.list(directory));
    std::vector<std::uint64_t> firsts;
    for (const std::string& name : names) {
        if (const std::uint64_t first = segment_first_sequence(name)) firsts.push_back(first);
    }
    std::sort(firsts.begin(), firsts.end());
    return firsts;
}

Result<void> replace_by_copy(io::FileSystem& files, const std::string& path,
                             std::uint64_t valid_bytes, std::uint64_t room_bytes) {
    const std::string copy_path = path + std::string(kRecoveringSuffix);
    {
        CELLMON_TRY_ASSIGN(const auto from, files.open(path, io::OpenMode::read));
        CELLMON_TRY_ASSIGN(const auto copy, files.open(copy_path, io::OpenMode::create));
        CELLMON_TRY(copy->allocate(0, std::max(valid_bytes, room_bytes)));
        std::vector<std::byte> buffer(kCopyBytes);
        for (std::uint64_t at = 0; at < valid_bytes;) {
            const auto step = std::min<std::uint64_t>(kCopyBytes, valid_bytes - at);
            const Bytes part = Bytes(buffer).first(step);
            CELLMON_TRY_ASSIGN(const std::size_t got, from->read_at(at, part));
            if (got < step) {
                return fail(ErrorCode::io, fmt::format("{} became shorter while read", path));
            }
            CELLMON_TRY(copy->write_at(at, part));
            at += step;
        }
        CELLMON_TRY(copy->sync());
    }
    CELLMON_TRY(files.rename(copy_path, path));
    return files.sync_directory(io::directory_of(path));
}

Result<std::uint64_t> torn_bytes(io::FileSystem& files, const std::string& path,
                                 std::uint64_t from) {
    CELLMON_TRY_ASSIGN(const auto file, files.open(path, io::OpenMode::read));
    std::vector<std::byte> buffer(kCopyBytes);
    std::uint64_t last_nonzero = from;
    for (std::uint64_t at = from;;) {
        CELLMON_TRY_ASSIGN(const std::size_t got, file->read_at(at, buffer));
        if (got == 0) return last_nonzero - from;
        for (std::size_t i = 0; i < got; ++i) {
            if (buffer[i] != std::byte{0}) last_nonzero = at + i + 1;
        }
        at += got;
    }
}

Result<RecoveredEnd> recover(io::FileSystem& files, const std::string& directory,
                             const Identity& identity, const Redactions& redactions,
                             std::uint64_t segment_bytes) {
    CELLMON_TRY(remove_leftovers(files, directory));
    CELLMON_TRY_ASSIGN(const auto durable, read_durable(files, directory, identity));
    CELLMON_TRY_ASSIGN(const auto firsts, list_segments(files, directory));
    RecoveredEnd end;
    end.segments = firsts.size();
    if (firsts.empty()) CELLMON_TRY(refuse_missing(directory, end.next_sequence, durable));
    for (const std::uint64_t first : firsts) {
        const std::string path = directory + "/" + segment_name(first);
        CELLMON_TRY_ASSIGN(auto segment, SegmentReader::open(files, path, identity.journal_id));
        const bool is_first = first == firsts.front();
        if (segment.header().first_sequence != first ||
            (!is_first && (segment.header().first_sequence != end.next_sequence ||
                           segment.header().chain_before != end.chain))) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{} does not continue the segment before it, which ends at "
                                    "sequence {}. {}",
                                    path, end.next_sequence - 1, kWhatToDo));
        }
        CELLMON_TRY_ASSIGN(const auto footer, segment.footer());
        if (footer) {
            // The last footer may stand in the page cache only, when its sync failed; once a
            // segment follows, it must not vanish any more.
            if (first == firsts.back()) {
                CELLMON_TRY(refuse_missing(directory, footer->last_sequence + 1, durable));
                CELLMON_TRY(replace_by_copy(files, path, footer->offset + kFooterBytes, 0));
            }
            end.next_sequence = footer->last_sequence + 1;
            end.chain = footer->chain_after;
            continue;
        }
        if (first != firsts.back()) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{} has no valid footer, although segments follow. {}", path,
                                    kWhatToDo));
        }
        CELLMON_TRY_ASSIGN(const auto open, find_valid_end(segment, redactions));
        CELLMON_TRY(refuse_missing(directory, open.end.next_sequence, durable));
        CELLMON_TRY_ASSIGN(end.dropped_bytes, torn_bytes(files, path, open.end.offset));
        CELLMON_TRY(replace_by_copy(files, path, open.end.offset, segment_bytes));
        end.next_sequence = open.end.next_sequence;
        end.chain = open.end.chain;
        end.open_segment = open;
    }
    return end;
}

}  // namespace cellmon::journal
