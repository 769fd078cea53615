#include "journal/verify.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/crc32c.hpp"
#include "journal/durable_file.hpp"
#include "journal/reader.hpp"
#include "journal/recovery.hpp"

namespace cellmon::journal {
namespace {

constexpr std::uint64_t kNoWriter = std::numeric_limits<std::uint64_t>::max();

class Verifier {
  public:
    Verifier(io::FileSystem& files, const std::string& directory, const Identity& identity,
             const Redactions& redactions, std::uint64_t visible, const VerifyProgress& progress)
        : files_(files),
          directory_(directory),
          identity_(identity),
          redactions_(redactions),
          visible_(visible),
          progress_(progress) {}

    Result<Verification> run() {
        // Before the segments are listed: a writer may begin meanwhile.
        CELLMON_TRY_ASSIGN(const auto durable, read_durable(files_, directory_, identity_));
        CELLMON_TRY_ASSIGN(firsts_, list_segments(files_, directory_));
        CELLMON_TRY(measure());
        // The writer may have gone on to further segments since `visible_` was read.
        for (std::size_t i = 0; i < firsts_.size() && next_ <= visible_ && !result_.damage; ++i) {
            CELLMON_TRY(check_segment(i));
        }
        result_.last_sequence = next_ - 1;
        result_.chain = chain_;
        const std::uint64_t expected = visible_ == kNoWriter ? durable.value_or(0) : visible_;
        if (!result_.damage && next_ <= expected) note_missing(expected);
        return std::move(result_);
    }

  private:
    Result<void> measure() {
        for (const std::uint64_t first : firsts_) {
            CELLMON_TRY_ASSIGN(const auto file, files_.open(path_of(first), io::OpenMode::read));
            CELLMON_TRY_ASSIGN(const std::uint64_t size, file->size());
            total_bytes_ += size;
        }
        return {};
    }

    Result<void> check_segment(std::size_t index) {
        const std::uint64_t first = firsts_[index];
        const std::string path = path_of(first);
        auto opened = SegmentReader::open(files_, path, identity_.journal_id);
        if (!opened) {
            if (opened.error().code != ErrorCode::corrupt) return fail(opened.error());
            note(first, path, 0, opened.error().message);
            return {};
        }
        SegmentReader& segment = *opened;
        if (index == 0 && segment.header().first_sequence == first) {
            result_.first_sequence = next_ = first;
            chain_ = segment.header().chain_before;
        }
        const Position begin = segment.begin();
        if (begin.next_sequence != first || begin.next_sequence != next_ || begin.chain != chain_) {
            note(first, path, 0,
                 fmt::format("the segment does not continue what is before it, which ends at "
                             "sequence {}",
                             next_ - 1));
            return {};
        }
        ++result_.segments;
        records_ = 0;
        CELLMON_TRY_ASSIGN(const Position end, check_records(segment));
        next_ = end.next_sequence;
        chain_ = end.chain;
        end_offset_ = end.offset;
        bytes_before_ += end.offset;
        result_.bytes += end.offset;
        if (next_ > visible_) return {};  // What follows is the writer's.
        return check_end(index, segment, end);
    }

    /// The position behind the last valid record.
    Result<Position> check_records(SegmentReader& segment) {
        Position at = segment.begin();
        while (at.next_sequence <= visible_) {
            CELLMON_TRY_ASSIGN(const auto record,
                               segment.record_at(at, SegmentReader::Check::whole, redactions_));
            if (!record) break;
            at = SegmentReader::after(at, *record);
            ++records_;
            ++result_.records;
            result_.entries += record->header.count;
            if (segment.header().payloads_removed) result_.removed += record->header.count;
            if (progress_) progress_(bytes_before_ + at.offset, total_bytes_);
        }
        return at;
    }

    /// Whether a segment may end at `end`: at its footer, or, the last one, in front of nothing.
    Result<void> check_end(std::size_t index, SegmentReader& segment, const Position& end) {
        const bool is_last = index + 1 == firsts_.size();
        CELLMON_TRY_ASSIGN(const auto footer, segment.footer());
        if (footer) {
            if (footer->offset != end.offset) return diagnose(segment, index, end);
            if (footer->last_sequence + 1 != end.next_sequence ||
                footer->chain_after != end.chain || footer->record_count != records_) {
                note_footer(segment, index, end, "the footer contradicts the records");
            }
            return {};
        }
        CELLMON_TRY_ASSIGN(const auto behind, segment.find_record_behind(end));
        if (behind) return diagnose(segment, index, end);
        if (!is_last) {
            note_footer(segment, index, end, "no valid footer, although segments follow");
        } else if (visible_ == kNoWriter) {
            CELLMON_TRY_ASSIGN(result_.torn_bytes, torn_bytes(files_, segment.path(), end.offset));
        }
        return {};
    }

    /// Finds out which part of the record at `end` is wrong.
    Result<void> diagnose(SegmentReader& segment, std::size_t index, const Position& end) {
        note_in(segment, index, end, end.offset, end.next_sequence,
                "the record's header or one of its entry headers is damaged");
        CELLMON_TRY_ASSIGN(const auto record,
                           segment.record_at(end, SegmentReader::Check::head_only, redactions_));
        if (!record || segment.header().payloads_removed) return {};
        CELLMON_TRY_ASSIGN(const auto file, files_.open(segment.path(), io::OpenMode::read));
        std::uint64_t at = end.offset + record->head.size();
        std::vector<std::byte> payload;
        for (std::size_t i = 0; i < record->header.count; ++i) {
            EntryHeader entry;
            decode(record->entry_header_bytes(i), entry);
            payload.resize(entry.payload_bytes);
            CELLMON_TRY_ASSIGN(const std::size_t got, file->read_at(at, payload));
            if ((got < payload.size() || crc32c(payload) != entry.payload_crc) &&
                !redactions_.contains(entry.sequence)) {
                note_in(segment, index, end, at, entry.sequence,
                        "the payload does not match its checksum");
                return {};
            }
            at += entry.payload_bytes;
        }
        return {};
    }

    void note_footer(SegmentReader& segment, std::size_t index, const Position& end,
                     std::string what) {
        note_in(segment, index, end, end.offset, end.next_sequence, std::move(what));
        if (index + 1 == firsts_.size()) {
            result_.damage->only_footer = true;
            return;
        }
        const auto next =
            SegmentReader::open(files_, path_of(firsts_[index + 1]), identity_.journal_id);
        result_.damage->only_footer = next && next->begin().next_sequence == end.next_sequence &&
                                      next->begin().chain == end.chain;
    }

    void note_in(SegmentReader& segment, std::size_t index, const Position& end,
                 std::uint64_t offset, std::uint64_t sequence, std::string what) {
        note(firsts_[index], segment.path(), offset, std::move(what));
        result_.damage->sequence = sequence;
        result_.damage->end = end;
        result_.damage->records_before = records_;
    }

    void note(std::uint64_t segment, const std::string& path, std::uint64_t offset,
              std::string what) {
        Damage damage;
        damage.path = path;
        damage.offset = offset;
        damage.sequence = next_;
        damage.what = std::move(what);
        damage.segment = segment;
        damage.end = {0, next_, chain_};
        result_.damage = std::move(damage);
    }

    void note_missing(std::uint64_t durable) {
        const std::uint64_t last = firsts_.empty() ? 0 : firsts_.back();
        note(last, last == 0 ? directory_ : path_of(last), end_offset_,
             describe_missing(next_ - 1, durable));
        result_.damage->end = {end_offset_, next_, chain_};
        result_.damage->records_before = records_;
        result_.damage->missing = durable + 1 - next_;
    }

    [[nodiscard]] std::string path_of(std::uint64_t first) const {
        return fmt::format("{}/{}", directory_, segment_name(first));
    }

    io::FileSystem& files_;
    const std::string& directory_;
    const Identity& identity_;
    const Redactions& redactions_;
    std::uint64_t visible_;
    const VerifyProgress& progress_;

    std::vector<std::uint64_t> firsts_;
    std::uint64_t total_bytes_ = 0;
    std::uint64_t bytes_before_ = 0;  // In the segments that are done.
    std::uint64_t records_ = 0;       // In this segment.
    std::uint64_t end_offset_ = 0;    // Behind them.
    std::uint64_t next_ = 1;
    std::uint64_t chain_ = 0;
    Verification result_;
};

/// Counts the valid records of one segment from `offset` on, whatever lies between them.
Result<void> survey_segment(io::FileSystem& files, SegmentReader& segment,
                            const Redactions& redactions, std::uint64_t offset,
                            std::uint64_t sequence, Behind& behind) {
    CELLMON_TRY_ASSIGN(const auto file, files.open(segment.path(), io::OpenMode::read));
    Position at{offset, sequence, 0};
    bool follows_valid = false;
    while (true) {
        auto next = at.offset;
        if (!follows_valid) {
            // Begins one step before `at`, so that a record directly there is found as well.
            const Position before{at.offset - kRecordAlignment, at.next_sequence, at.chain};
            CELLMON_TRY_ASSIGN(const auto found, segment.find_record_behind(before));
            if (!found) return {};
            next = *found;
        }
        std::array<std::byte, kRecordHeaderBytes> bytes{};
        CELLMON_TRY_ASSIGN(const std::size_t got, file->read_at(next, bytes));
        RecordHeader header;
        at.offset = next + kRecordAlignment;  // Unless a record is there.
        follows_valid = got == bytes.size() && decode_unchecked(bytes, header);
        if (!follows_valid) continue;
        const Position there{next, header.first_sequence, header.chain_before};
        CELLMON_TRY_ASSIGN(const auto head,
                           segment.record_at(there, SegmentReader::Check::head_only, redactions));
        follows_valid = head.has_value();
        if (!head) continue;
        behind.last_sequence = header.first_sequence + header.count - 1;
        at = SegmentReader::after(there, *head);
        CELLMON_TRY_ASSIGN(const auto record,
                           segment.record_at(there, SegmentReader::Check::whole, redactions));
        if (!record) continue;
        ++behind.records;
        behind.entries += header.count;
    }
}

}  // namespace

Result<Verification> verify(io::FileSystem& files, const std::string& directory,
                            const Identity& identity, const Redactions& redactions,
                            std::uint64_t visible_through, const VerifyProgress& progress) {
    return Verifier(files, directory, identity, redactions, visible_through, progress).run();
}

Result<Verification> verify(io::FileSystem& files, const std::string& directory,
                            const VerifyProgress& progress) {
    CELLMON_TRY_ASSIGN(const auto identity, read_identity(files, directory));
    if (!identity) {
        return fail(ErrorCode::not_found, fmt::format("{} holds no journal", directory));
    }
    // Before the segments are listed: what is durable now lies in a segment that is listed then.
    const std::uint64_t visible = visible_beside_writer(files, directory)();
    CELLMON_TRY_ASSIGN(const auto redactions, Redactions::read(files, directory));
    return verify(files, directory, *identity, redactions, visible, progress);
}

Result<Behind> survey_behind(io::FileSystem& files, const std::string& directory,
                             const Identity& identity, const Redactions& redactions,
                             const Damage& damage) {
    Behind behind;
    CELLMON_TRY_ASSIGN(const auto firsts, list_segments(files, directory));
    for (const std::uint64_t first : firsts) {
        if (first < damage.segment) continue;
        if (first > damage.segment) behind.segments.push_back(first);
        auto segment = SegmentReader::open(
            files, fmt::format("{}/{}", directory, segment_name(first)), identity.journal_id);
        if (!segment) {
            if (segment.error().code != ErrorCode::corrupt) return fail(segment.error());
            continue;  // Without its salt nothing in it can be told from chance.
        }
        const bool is_damaged = first == damage.segment;
        const std::uint64_t offset =
            is_damaged ? std::max<std::uint64_t>(damage.end.offset, kSegmentHeaderBytes)
                       : kSegmentHeaderBytes;
        CELLMON_TRY(survey_segment(files, *segment, redactions, offset,
                                   is_damaged ? damage.end.next_sequence : first, behind));
    }
    return behind;
}

}  // namespace cellmon::journal
