#include "journal/reader.hpp"

#include <limits>

#include <fmt/format.h>

#include "journal/durable_file.hpp"
#include "journal/identity.hpp"
#include "journal/redactions.hpp"
#include "journal/removal.hpp"
#include "journal/segment_reader.hpp"

namespace cellmon::journal {
namespace {

constexpr std::uint64_t kAllVisible = std::numeric_limits<std::uint64_t>::max();

std::string_view as_text(ConstBytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

class Reader::Impl {
  public:
    Impl(io::FileSystem& files, std::string directory, VisibleThrough visible, Identity identity,
         Redactions redactions)
        : files_(files),
          directory_(std::move(directory)),
          visible_(std::move(visible)),
          identity_(identity),
          redactions_(std::move(redactions)) {}

    [[nodiscard]] const Identity& identity() const { return identity_; }

    Result<void> seek(const Cursor& cursor) {
        if (cursor.sequence > 0 &&
            (cursor.journal_id != identity_.journal_id || cursor.epoch != identity_.epoch)) {
            return fail(ErrorCode::mismatch,
                        fmt::format("the cursor belongs to journal {} epoch {}, this is journal {} "
                                    "epoch {}",
                                    cursor.journal_id.to_string(), cursor.epoch,
                                    identity_.journal_id.to_string(), identity_.epoch));
        }
        const std::uint64_t durable_end = visible_();
        if (durable_end != kAllVisible && cursor.sequence > durable_end) {
            return fail(ErrorCode::mismatch,
                        fmt::format("the cursor is at sequence {}, ahead of the journal's {}",
                                    cursor.sequence, durable_end));
        }
        CELLMON_TRY(seek_sequence(cursor.sequence + 1));
        if (cursor.sequence > 0 && chain_ != cursor.chain) {
            return fail(ErrorCode::mismatch,
                        fmt::format("the journal has another history at sequence {} than the "
                                    "cursor remembers",
                                    cursor.sequence));
        }
        return {};
    }

    Result<void> seek_sequence(std::uint64_t sequence) {
        record_.reset();
        segment_.reset();
        if (sequence == 0) return fail(ErrorCode::invalid, "sequences begin at 1");
        CELLMON_TRY_ASSIGN(const std::uint64_t first, segment_holding(sequence));
        if (first == 0) {
            // An empty journal: only its very beginning can be waited for.
            if (sequence > 1) {
                return fail(ErrorCode::mismatch,
                            fmt::format("sequence {} is beyond the empty journal", sequence));
            }
            next_ = 1;
            chain_ = 0;
            return {};
        }
        CELLMON_TRY(open_segment(first));
        while (at_.next_sequence < sequence) {
            CELLMON_TRY_ASSIGN(auto record, segment_->record_at(
                                                at_, SegmentReader::Check::head_only, redactions_));
            if (!record) {
                CELLMON_TRY_ASSIGN(const auto footer, segment_->footer());
                if (footer && footer->offset != at_.offset) {
                    return fail(ErrorCode::corrupt, damage("the record"));
                }
                return fail(ErrorCode::mismatch,
                            fmt::format("sequence {} is ahead of the journal, which ends at {}",
                                        sequence - 1, at_.next_sequence - 1));
            }
            if (record->header.first_sequence + record->header.count > sequence) {
                return enter_record(sequence);
            }
            at_ = SegmentReader::after(at_, *record);
        }
        next_ = at_.next_sequence;
        chain_ = at_.chain;
        return {};
    }

    Result<std::optional<Entry>> next() {
        // No limit holds only as long as there is no writer: a new one may begin at any record.
        if (next_ > visible_cached_ || (!record_ && visible_cached_ == kAllVisible)) {
            visible_cached_ = visible_();
            if (next_ > visible_cached_) return std::nullopt;
        }
        if (!record_) {
            CELLMON_TRY_ASSIGN(const bool found, load_record());
            if (!found) return std::nullopt;
        }
        return take_entry();
    }

    [[nodiscard]] Result<std::uint64_t> first_kept() const {
        return journal::first_kept(files_, directory_, identity_.journal_id);
    }

    [[nodiscard]] Cursor cursor() const {
        return {identity_.journal_id, identity_.epoch, next_ - 1, chain_};
    }

  private:
    /// First sequence of the segment that holds `sequence` or would take it; 0 when there is no
    /// segment.
    Result<std::uint64_t> segment_holding(std::uint64_t sequence) {
        CELLMON_TRY_ASSIGN(const auto names, files_.list(directory_));
        std::uint64_t first_of_all = 0;
        std::uint64_t found = 0;
        for (const std::string& name : names) {
            const std::uint64_t first = segment_first_sequence(name);
            if (first == 0) continue;
            if (first_of_all == 0) first_of_all = first;
            if (first <= sequence) found = first;
        }
        if (first_of_all != 0 && found == 0) {
            return fail(ErrorCode::needs_snapshot,
                        fmt::format("needs snapshot: the journal begins at sequence {}, {} was "
                                    "removed",
                                    first_of_all, sequence));
        }
        return found;
    }

    Result<void> open_segment(std::uint64_t first) {
        CELLMON_TRY_ASSIGN(auto segment,
                           SegmentReader::open(files_, directory_ + "/" + segment_name(first),
                                               identity_.journal_id));
        segment_.emplace(std::move(segment));
        at_ = segment_->begin();
        return {};
    }

    /// Positions inside the record at `at_`, which holds `sequence`.
    Result<void> enter_record(std::uint64_t sequence) {
        next_ = at_.next_sequence;
        chain_ = at_.chain;
        CELLMON_TRY_ASSIGN(const bool found, load_record());
        if (!found) return fail(ErrorCode::corrupt, damage("a record"));
        while (next_ < sequence)
            static_cast<void>(take_entry());
        return {};
    }

    [[nodiscard]] std::string damage(std::string_view what) const {
        return fmt::format("{} at offset {}: {} is damaged; run 'cellmon journal verify'",
                           segment_->path(), at_.offset, what);
    }

    /// Brings the record with `next_` into the window. False: there is none yet.
    Result<bool> load_record() {
        if (!segment_) {
            CELLMON_TRY_ASSIGN(const std::uint64_t first, segment_holding(next_));
            if (first == 0) return false;
            CELLMON_TRY(open_segment(first));
        }
        while (true) {
            CELLMON_TRY_ASSIGN(auto record,
                               segment_->record_at(at_, SegmentReader::Check::whole, redactions_));
            if (record) {
                record_ = *record;
                entry_index_ = 0;
                payload_at_ = 0;
                return true;
            }
            // First: what was blanked meanwhile looks like damage to all that follows.
            CELLMON_TRY_ASSIGN(bool moved, read_redactions_again());
            if (!moved) {
                CELLMON_TRY_ASSIGN(moved, move_to_next_segment());
            }
            if (!moved) {
                CELLMON_TRY_ASSIGN(moved, reopen_replaced_segment());
            }
            if (!moved) break;
        }
        if (visible_cached_ != kAllVisible) return fail(ErrorCode::corrupt, damage("the record"));
        CELLMON_TRY_ASSIGN(const auto behind, segment_->find_record_behind(at_));
        if (behind) return fail(ErrorCode::corrupt, damage("the record"));
        return false;
    }

    /// At the end of a sealed segment: opens its successor if that exists already.
    Result<bool> move_to_next_segment() {
        CELLMON_TRY_ASSIGN(const auto footer, segment_->footer());
        if (!footer) return false;
        if (footer->offset != at_.offset) return fail(ErrorCode::corrupt, damage("the record"));
        if (footer->last_sequence + 1 != at_.next_sequence || footer->chain_after != at_.chain) {
            return fail(ErrorCode::corrupt, damage("the footer"));
        }
        const std::string path = directory_ + "/" + segment_name(next_);
        CELLMON_TRY_ASSIGN(const bool present, files_.exists(path));
        if (!present) return false;
        const std::uint64_t chain = at_.chain;
        CELLMON_TRY(open_segment(next_));
        if (at_.next_sequence != next_ || at_.chain != chain) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{} does not continue the segment before it", path));
        }
        return true;
    }

    /// A writer that started meanwhile put a copy in the place of the unsealed segment: the file
    /// held open here does not grow any more. Tried once for each end that was reached.
    Result<bool> reopen_replaced_segment() {
        if (visible_cached_ == kAllVisible || reopened_for_ == next_) return false;
        reopened_for_ = next_;
        const Position at = at_;
        CELLMON_TRY(open_segment(segment_->header().first_sequence));
        // One whose payloads were removed since has its records elsewhere.
        if (segment_->header().payloads_removed) {
            CELLMON_TRY(seek_sequence(next_));
            return segment_.has_value();
        }
        at_ = at;
        return true;
    }

    /// A payload that has been blanked since this reader was opened looks damaged to it. The list
    /// is written first, so whoever looks again finds the sequence there.
    Result<bool> read_redactions_again() {
        CELLMON_TRY_ASSIGN(auto redactions, Redactions::read(files_, directory_));
        const bool changed = redactions.ranges() != redactions_.ranges();
        redactions_ = std::move(redactions);
        return changed;
    }

    std::optional<Entry> take_entry() {
        const ConstBytes header_bytes = record_->entry_header_bytes(entry_index_);
        Entry entry;
        decode(header_bytes, entry.header);
        chain_ = chain_next(chain_, header_bytes);
        entry.chain = chain_;
        entry.redacted = !redactions_.empty() && redactions_.contains(entry.header.sequence);
        const bool has_payload = !segment_->header().payloads_removed;
        entry.removed = !has_payload && !entry.redacted;
        if (has_payload && !entry.redacted) {
            entry.payload =
                as_text(record_->payloads.subspan(payload_at_, entry.header.payload_bytes));
        }
        if (has_payload) payload_at_ += entry.header.payload_bytes;
        ++next_;
        if (++entry_index_ == record_->header.count) {
            at_ = SegmentReader::after(at_, *record_);
            record_.reset();
        }
        return entry;
    }

    io::FileSystem& files_;
    std::string directory_;
    VisibleThrough visible_;
    Identity identity_;
    Redactions redactions_;

    std::optional<SegmentReader> segment_;
    Position at_;                   // Of the record in `record_`, or of the next one.
    std::optional<Record> record_;  // Views into segment_'s window.
    std::size_t entry_index_ = 0;   // In record_.
    std::size_t payload_at_ = 0;    // In record_->payloads.
    std::uint64_t next_ = 1;
    std::uint64_t chain_ = 0;  // At next_ - 1.
    std::uint64_t visible_cached_ = 0;
    std::uint64_t reopened_for_ = 0;
};

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(io::FileSystem& files, std::string directory,
                            VisibleThrough visible_through) {
    CELLMON_TRY_ASSIGN(const auto identity, read_identity(files, directory));
    if (!identity) {
        return fail(ErrorCode::not_found, fmt::format("{} holds no journal", directory));
    }
    CELLMON_TRY_ASSIGN(auto redactions, Redactions::read(files, directory));
    return Reader(std::make_unique<Impl>(files, std::move(directory), std::move(visible_through),
                                         *identity, std::move(redactions)));
}

Id128 Reader::journal_id() const {
    return impl_->identity().journal_id;
}
std::uint64_t Reader::epoch() const {
    return impl_->identity().epoch;
}
Result<void> Reader::seek(const Cursor& cursor) {
    return impl_->seek(cursor);
}
Result<void> Reader::seek_sequence(std::uint64_t sequence) {
    return impl_->seek_sequence(sequence);
}
Result<std::optional<Entry>> Reader::next() {
    return impl_->next();
}
Result<std::uint64_t> Reader::first_kept() const {
    return impl_->first_kept();
}
Cursor Reader::cursor() const {
    return impl_->cursor();
}

VisibleThrough visible_beside_writer(io::FileSystem& files, std::string directory) {
    return [&files, directory = std::move(directory)]() -> std::uint64_t {
        const auto locked = files.is_locked(fmt::format("{}/{}", directory, kLockFile));
        if (!locked || !*locked) return kAllVisible;
        const auto identity = read_identity(files, directory);
        if (!identity || !*identity) return 0;
        const auto durable = read_durable(files, directory, **identity);
        return durable ? durable->value_or(0) : 0;
    };
}

}  // namespace cellmon::journal
