#include "journal/blanking.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "journal/identity.hpp"
#include "journal/recovery.hpp"
#include "journal/redactions.hpp"
#include "journal/segment_reader.hpp"

namespace cellmon::journal {
namespace {

bool all_zero(std::span<const std::byte> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// The payloads of one segment.
class SegmentBlanker {
  public:
    SegmentBlanker(io::FileSystem& files, std::string path, const Redactions& redactions,
                   Blanked& blanked)
        : files_(files), path_(std::move(path)), redactions_(redactions), blanked_(blanked) {}

    Result<void> run(const Id128& journal_id) {
        CELLMON_TRY_ASSIGN(auto segment, SegmentReader::open(files_, path_, journal_id));
        // What was removed is gone already.
        if (segment.header().payloads_removed) return {};
        Position at = segment.begin();
        while (true) {
            // The heads are checked; a payload that does not match its CRC is somebody else's
            // finding, and is to go all the same.
            CELLMON_TRY_ASSIGN(const auto record,
                               segment.record_at(at, SegmentReader::Check::head_only, redactions_));
            if (!record) break;
            CELLMON_TRY(blank_record(at.offset, *record));
            at = SegmentReader::after(at, *record);
        }
        return file_ ? file_->sync() : Result<void>{};
    }

  private:
    Result<void> blank_record(std::uint64_t offset, const Record& record) {
        std::uint64_t payload_at = offset + record.head.size();
        for (std::size_t i = 0; i < record.header.count; ++i) {
            EntryHeader entry;
            decode(record.entry_header_bytes(i), entry);
            if (redactions_.contains(entry.sequence)) {
                CELLMON_TRY(blank(payload_at, entry.payload_bytes));
            }
            payload_at += entry.payload_bytes;
        }
        return {};
    }

    Result<void> blank(std::uint64_t offset, std::size_t size) {
        if (!file_) {
            CELLMON_TRY_ASSIGN(file_, files_.open(path_, io::OpenMode::read_write));
        }
        bytes_.resize(size);
        CELLMON_TRY_ASSIGN(const std::size_t got, file_->read_at(offset, bytes_));
        if (got < size) return fail(ErrorCode::corrupt, fmt::format("{} ends too early", path_));
        if (!all_zero(bytes_)) {
            ++blanked_.payloads;
            blanked_.bytes += size;
            std::fill(bytes_.begin(), bytes_.end(), std::byte{0});
        }
        // Zeros that are seen may stand in the page cache only, where a failed sync left them.
        return file_->write_at(offset, bytes_);
    }

    io::FileSystem& files_;
    const std::string path_;
    const Redactions& redactions_;
    Blanked& blanked_;
    std::unique_ptr<io::File> file_;
    std::vector<std::byte> bytes_;
};

}  // namespace

Result<Blanked> blank_payloads(io::FileSystem& files, const std::string& directory,
                               const BlankProgress& progress) {
    CELLMON_TRY_ASSIGN(const auto identity, read_identity(files, directory));
    if (!identity) return Blanked{};
    return blank_payloads(files, directory, identity->journal_id, progress);
}

Result<Blanked> blank_payloads(io::FileSystem& files, const std::string& directory,
                               const Id128& journal_id, const BlankProgress& progress) {
    Blanked blanked;
    CELLMON_TRY_ASSIGN(const auto redactions, Redactions::read(files, directory));
    if (redactions.empty()) return blanked;
    CELLMON_TRY_ASSIGN(const auto firsts, list_segments(files, directory));
    const auto ranges = redactions.ranges();
    for (std::size_t i = 0; i < firsts.size(); ++i) {
        // The first range that ends in this segment or behind it.
        const auto range = std::find_if(ranges.begin(), ranges.end(),
                                        [&](const auto& r) { return r.second >= firsts[i]; });
        const bool is_last = i + 1 == firsts.size();
        if (range != ranges.end() && (is_last || range->first < firsts[i + 1])) {
            const std::string path = fmt::format("{}/{}", directory, segment_name(firsts[i]));
            CELLMON_TRY(SegmentBlanker(files, path, redactions, blanked).run(journal_id));
        }
        if (progress) progress(i + 1, firsts.size());
    }
    return blanked;
}

}  // namespace cellmon::journal
