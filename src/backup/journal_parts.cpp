#include "backup/journal_parts.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "backup/digest.hpp"
#include "journal/durable_file.hpp"
#include "journal/identity.hpp"
#include "journal/recovery.hpp"
#include "journal/segment_reader.hpp"

namespace cellmon::backup {
namespace {

using journal::Position;
using journal::SegmentReader;

constexpr std::uint64_t kNoWriter = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kPieceBytes = 1U << 20U;
constexpr std::size_t kBlankDigestBytes = 8;

std::string segment_path(const std::string& directory, std::uint64_t first) {
    return fmt::format("{}/{}", directory, journal::segment_name(first));
}

/// What a part holds of the payloads of its segment.
enum class Payloads { there, removed };

/// What of the segment was blanked: empty, or `-blank-` and a digest of it.
std::string blank_suffix(const journal::Redactions& redactions, const PartEntry& part) {
    std::string text;
    for (const auto& [first, last] : redactions.ranges()) {
        if (last < part.first || first > part.last) continue;
        text += fmt::format("{} {}\n", std::max(first, part.first), std::min(last, part.last));
    }
    if (text.empty()) return text;
    prepare_sodium();
    Digester digester;
    digester.add(text);
    const Digest digest = digester.finish();
    return "-blank-" + hex_of(std::span(digest).first(kBlankDigestBytes));
}

class JournalCopy {
  public:
    JournalCopy(io::FileSystem& files, const JournalSource& source, std::uint64_t snapshot,
                BackupWriter& writer, Work& work)
        : files_(files), source_(source), snapshot_(snapshot), writer_(writer), work_(work) {}

    Result<JournalParts> run() {
        CELLMON_TRY_ASSIGN(const auto identity, journal::read_identity(files_, source_.directory));
        if (!identity) {
            return fail(ErrorCode::not_found,
                        fmt::format("{} holds no journal", source_.directory));
        }
        made_.journal_id = identity->journal_id;
        made_.epoch = identity->epoch;
        if (snapshot_ == 0) made_.snapshot = Place{};
        CELLMON_TRY_ASSIGN(redactions_, journal::Redactions::read(files_, source_.directory));
        CELLMON_TRY_ASSIGN(const auto firsts, journal::list_segments(files_, source_.directory));
        CELLMON_TRY(measure(firsts));
        for (const std::uint64_t first : firsts)
            CELLMON_TRY(copy_segment(first));
        CELLMON_TRY(check_end(*identity));
        // Behind the copies: whatever was blanked meanwhile stands in it.
        CELLMON_TRY_ASSIGN(const auto redactions,
                           journal::Redactions::read(files_, source_.directory));
        made_.redactions = redactions.ranges();
        return std::move(made_);
    }

  private:
    Result<void> measure(const std::vector<std::uint64_t>& firsts) {
        for (const std::uint64_t first : firsts) {
            CELLMON_TRY_ASSIGN(const auto file, files_.open(segment_path(source_.directory, first),
                                                            io::OpenMode::read));
            CELLMON_TRY_ASSIGN(const std::uint64_t size, file->size());
            work_.total += size;
        }
        return {};
    }

    /// What follows continues what is there.
    Result<void> check_begin(const SegmentReader& segment) {
        const Position begin = segment.begin();
        if (made_.parts.empty()) return {};
        if (begin.next_sequence == made_.through.sequence + 1 &&
            begin.chain == made_.through.chain) {
            return {};
        }
        return fail(ErrorCode::corrupt,
                    fmt::format("{} does not continue the segment before it, which ends at "
                                "sequence {}; cellmon journal verify says more",
                                segment.path(), made_.through.sequence));
    }

    Result<void> copy_segment(std::uint64_t first) {
        CELLMON_TRY_ASSIGN(const bool is_done, try_segment(first));
        if (is_done) return {};
        // Its payloads were removed meanwhile, which happens to a segment once.
        CELLMON_TRY_ASSIGN(const bool is_done_now, try_segment(first));
        if (is_done_now) return {};
        return fail(ErrorCode::unavailable,
                    fmt::format("{} was replaced again and again while it was copied",
                                segment_path(source_.directory, first)));
    }

    /// False: another file has come into its place.
    Result<bool> try_segment(std::uint64_t first) {
        const std::string path = segment_path(source_.directory, first);
        CELLMON_TRY_ASSIGN(auto segment, SegmentReader::open(files_, path, made_.journal_id));
        CELLMON_TRY(check_begin(segment));
        CELLMON_TRY_ASSIGN(const auto footer, segment.footer());
        PartEntry part;
        part.first = first;
        std::uint64_t bytes = 0;
        if (footer) {
            part.last = footer->last_sequence;
            part.chain_after = footer->chain_after;
            part.sealed = true;
            bytes = footer->offset + journal::kFooterBytes;
            if (take_earlier(part, segment.header(), true)) return is_added(bytes);
        }
        all_blank_ = true;
        CELLMON_TRY_ASSIGN(const Position end, walk(segment, footer.has_value()));
        if (footer && (footer->offset != end.offset || footer->chain_after != end.chain)) {
            return damaged(path, end);
        }
        if (!footer) {
            bytes = end.offset;
            part.last = end.next_sequence - 1;
            part.chain_after = end.chain;
        }
        // Begun, and nothing durable in it yet; or nothing that came since the last backup.
        if (part.last < first) return true;
        if (take_earlier(part, segment.header(), all_blank_)) return is_added(bytes);
        return copy(path, segment.header(), bytes, part);
    }

    Result<bool> is_added(std::uint64_t bytes) {
        CELLMON_TRY(work_.add(bytes));
        return true;
    }

    /// A segment under this name holds the same entries, in whatever backup of whatever epoch, and
    /// the same of them is blank: what was erased goes with the last backup that was made before.
    /// Where an erasure was cut off (`all_blank` is false) it is a whole one.
    [[nodiscard]] std::string part_name(const PartEntry& part, bool all_blank,
                                        Payloads payloads) const {
        return fmt::format("journal-{}-{:020}-{:020}-{:016x}{}{}{}", made_.journal_id.to_string(),
                           part.first, part.last, part.chain_after, part.sealed ? "" : "-open",
                           payloads == Payloads::there ? "" : "-removed",
                           all_blank ? blank_suffix(redactions_, part) : "");
    }

    /// One that still has its payloads serves for one without them, and not the other way round:
    /// what is removed here is there again behind a restore.
    bool take_earlier(const PartEntry& part, const journal::SegmentHeader& header, bool all_blank) {
        auto earlier = writer_.earlier(part_name(part, all_blank, Payloads::there));
        if (!earlier && header.payloads_removed) {
            earlier = writer_.earlier(part_name(part, all_blank, Payloads::removed));
        }
        if (!earlier) return false;
        note_end(*earlier);
        made_.parts.push_back(std::move(*earlier));
        return true;
    }

    [[nodiscard]] static tl::unexpected<Error> damaged(const std::string& path,
                                                       const Position& at) {
        return fail(ErrorCode::corrupt,
                    fmt::format("{} is damaged at byte {} (sequence {}): no backup was made; "
                                "cellmon journal verify says more",
                                path, at.offset, at.next_sequence));
    }

    /// Every record, with each checksum, as far as it may be read.
    Result<Position> walk(SegmentReader& segment, bool sealed) {
        // What is sealed is durable as a whole.
        const std::uint64_t visible = sealed ? kNoWriter : source_.visible();
        Position at = segment.begin();
        while (at.next_sequence <= visible) {
            CELLMON_TRY_ASSIGN(const auto record,
                               segment.record_at(at, SegmentReader::Check::whole, redactions_));
            if (!record) break;
            all_blank_ = all_blank_ && (segment.header().payloads_removed || is_blank(*record));
            at = SegmentReader::after(at, *record);
            if (at.next_sequence - 1 == snapshot_) made_.snapshot = Place{snapshot_, at.chain};
        }
        if (!sealed && visible == kNoWriter) {
            CELLMON_TRY_ASSIGN(const auto behind, segment.find_record_behind(at));
            if (behind) return damaged(segment.path(), at);
        }
        if (!sealed && visible != kNoWriter && at.next_sequence <= visible) {
            // A writer may have sealed it and begun the next: then all of it is there.
            CELLMON_TRY_ASSIGN(const auto footer, segment.footer());
            if (!footer || footer->offset != at.offset) return damaged(segment.path(), at);
        }
        return at;
    }

    /// Whether all that the list names in the record is zeros.
    [[nodiscard]] bool is_blank(const journal::Record& record) const {
        if (redactions_.empty()) return true;
        std::size_t at = 0;
        for (std::size_t i = 0; i < record.header.count; ++i) {
            journal::EntryHeader entry;
            decode(record.entry_header_bytes(i), entry);
            const auto payload = record.payloads.subspan(at, entry.payload_bytes);
            at += entry.payload_bytes;
            if (redactions_.contains(entry.sequence) &&
                std::ranges::any_of(payload, [](std::byte b) { return b != std::byte{0}; })) {
                return false;
            }
        }
        return true;
    }

    Result<bool> copy(const std::string& path, const journal::SegmentHeader& header,
                      std::uint64_t bytes, const PartEntry& part) {
        CELLMON_TRY_ASSIGN(const auto file, files_.open(path, io::OpenMode::read));
        CELLMON_TRY_ASSIGN(const bool is_it, has_payloads_like(*file, header));
        if (!is_it) return false;
        std::vector<std::byte> piece(kPieceBytes);
        const auto produce = [&](PartWriter& into) -> Result<void> {
            for (std::uint64_t at = 0; at < bytes;) {
                const auto step = std::min<std::uint64_t>(piece.size(), bytes - at);
                CELLMON_TRY_ASSIGN(const std::size_t got,
                                   file->read_at(at, std::span(piece).first(step)));
                if (got == 0) {
                    return fail(ErrorCode::io, fmt::format("{} became shorter while read", path));
                }
                CELLMON_TRY(into.write(std::span<const std::byte>(piece).first(got)));
                at += got;
                CELLMON_TRY(work_.add(got));
            }
            return {};
        };
        const auto payloads = header.payloads_removed ? Payloads::removed : Payloads::there;
        CELLMON_TRY_ASSIGN(PartEntry stored,
                           writer_.add(part_name(part, all_blank_, payloads), produce));
        stored.first = part.first;
        stored.last = part.last;
        stored.chain_after = part.chain_after;
        stored.sealed = part.sealed;
        note_end(stored);
        made_.parts.push_back(std::move(stored));
        ++made_.copied;
        return true;
    }

    /// Whether it is the segment whose records were checked, and not one that has taken its place.
    static Result<bool> has_payloads_like(io::File& file, const journal::SegmentHeader& header) {
        std::array<std::byte, journal::kSegmentHeaderBytes> bytes{};
        CELLMON_TRY_ASSIGN(const std::size_t got, file.read_at(0, bytes));
        journal::SegmentHeader now;
        return got == bytes.size() && journal::decode(bytes, now) &&
               now.payloads_removed == header.payloads_removed;
    }

    void note_end(const PartEntry& part) {
        made_.through = {part.last, part.chain_after};
        if (part.last == snapshot_) made_.snapshot = made_.through;
    }

    Result<void> check_end(const journal::Identity& identity) const {
        CELLMON_TRY_ASSIGN(const auto durable,
                           journal::read_durable(files_, source_.directory, identity));
        // Beside a writer it is ahead by what has come meanwhile.
        const std::uint64_t wanted =
            source_.visible() == kNoWriter ? std::max(snapshot_, durable.value_or(0)) : snapshot_;
        if (made_.through.sequence >= wanted && made_.snapshot) return {};
        return fail(ErrorCode::corrupt,
                    fmt::format("{}: {}; no backup was made", source_.directory,
                                journal::describe_missing(made_.through.sequence, wanted)));
    }

    io::FileSystem& files_;
    const JournalSource& source_;
    const std::uint64_t snapshot_;
    BackupWriter& writer_;
    Work& work_;
    journal::Redactions redactions_;
    bool all_blank_ = true;  ///< In the segment that is read: what the list names is.
    JournalParts made_;
};

}  // namespace

Result<std::uint64_t> durable_end(io::FileSystem& files, const JournalSource& source) {
    const std::uint64_t visible = source.visible();
    if (visible != kNoWriter) return visible;
    CELLMON_TRY_ASSIGN(const auto identity, journal::read_identity(files, source.directory));
    if (!identity) {
        return fail(ErrorCode::not_found, fmt::format("{} holds no journal", source.directory));
    }
    CELLMON_TRY_ASSIGN(const auto redactions, journal::Redactions::read(files, source.directory));
    CELLMON_TRY_ASSIGN(const auto firsts, journal::list_segments(files, source.directory));
    std::uint64_t end = 0;
    // The last one may be there without a record.
    for (auto first = firsts.rbegin(); first != firsts.rend() && end == 0; ++first) {
        CELLMON_TRY_ASSIGN(auto segment,
                           SegmentReader::open(files, segment_path(source.directory, *first),
                                               identity->journal_id));
        Position at = segment.begin();
        while (true) {
            CELLMON_TRY_ASSIGN(const auto record,
                               segment.record_at(at, SegmentReader::Check::head_only, redactions));
            if (!record) break;
            at = SegmentReader::after(at, *record);
        }
        end = at.next_sequence - 1;
    }
    return end;
}

Result<JournalParts> copy_journal(io::FileSystem& files, const JournalSource& source,
                                  std::uint64_t snapshot, BackupWriter& writer, Work& work) {
    JournalCopy copy(files, source, snapshot, writer, work);
    return copy.run();
}

}  // namespace cellmon::backup
