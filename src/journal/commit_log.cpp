#include "journal/commit_log.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/assert.hpp"
#include "journal/redactions.hpp"

namespace cellmon::journal {
namespace {

constexpr std::size_t kKeepBufferBytes = 16U
                                         << 20U;  // A larger buffer is given back after its group.

// Ids whose places in the index are loaded ahead. An id touches up to ten cache lines; those of a
// whole large group would push each other out of the cache again before they are used.
constexpr std::size_t kLookAhead = 16;

}  // namespace

Id128 quarantine_id(const Id128& id, std::uint64_t content_hash) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical,
                             XXH3_128bits_withSeed(id.bytes.data(), id.bytes.size(), content_hash));
    Id128 result;
    std::memcpy(result.bytes.data(), canonical.digest, result.bytes.size());
    return result;
}

Result<std::unique_ptr<CommitLog>> CommitLog::open(io::FileSystem& files, std::string directory,
                                                   const JournalLimits& limits, const Clock& clock,
                                                   RandomSource& random) {
    std::unique_ptr<CommitLog> log(
        new CommitLog(files, std::move(directory), limits, clock, random));
    CELLMON_TRY(log->recover_folder());
    CELLMON_TRY(log->replay_ids());
    CELLMON_TRY(log->begin_durable_file());
    return log;
}

Result<void> CommitLog::recover_folder() {
    CELLMON_TRY(files_.make_directories(directory_));
    CELLMON_TRY_ASSIGN(lock_, files_.lock(fmt::format("{}/{}", directory_, kLockFile)));
    CELLMON_TRY_ASSIGN(const auto identity, read_identity(files_, directory_));
    CELLMON_TRY_ASSIGN(const auto segments, list_segments(files_, directory_));
    if (!identity && !segments.empty()) {
        return fail(ErrorCode::corrupt,
                    fmt::format("{} holds segments but no '{}' file; restore it from a backup",
                                directory_, kIdentityFile));
    }
    identity_ = identity ? *identity : Identity{random_.id(), 1};
    // Before the first segment the identity is written again: the name that is seen may be one
    // that a failed sync of the directory never brought to the disk.
    if (segments.empty()) CELLMON_TRY(write_identity(files_, directory_, identity_));
    CELLMON_TRY_ASSIGN(const auto redactions, Redactions::read(files_, directory_));
    CELLMON_TRY_ASSIGN(const auto end,
                       recover(files_, directory_, identity_, redactions, limits_.segment_bytes));
    next_sequence_ = end.next_sequence;
    chain_ = end.chain;
    segments_ = end.segments;
    dropped_bytes_ = end.dropped_bytes;
    return end.open_segment ? resume_segment(*end.open_segment) : Result<void>{};
}

Result<void> CommitLog::resume_segment(const RecoveredEnd::Open& open) {
    CELLMON_TRY_ASSIGN(auto segment, SegmentWriter::resume(files_, directory_, open.header,
                                                           open.end, open.record_count));
    // Behind a repair or a restore that has cut there; it cannot take entries with payloads.
    if (open.header.payloads_removed && !segment.empty()) return segment.seal();
    segment_.emplace(std::move(segment));
    segment_begun_us_ = open.begun_us;
    return {};
}

Result<void> CommitLog::replay_ids() {
    CELLMON_TRY_ASSIGN(ids_, IdSet::open(files_, directory_, identity_.journal_id, identity_.epoch,
                                         limits_.id_memory_entries));
    if (next_sequence_ == 1) return ids_->covered().sequence == 0 ? Result<void>{} : ids_->clear();
    if (auto replayed = replay_ids_from(ids_->covered()); !replayed) {
        if (replayed.error().code != ErrorCode::mismatch) return replayed;
        // The index remembers another history than the segments show: it is only an index.
        CELLMON_TRY(ids_->clear());
        return replay_ids_from(ids_->covered());
    }
    return {};
}

Result<void> CommitLog::replay_ids_from(const Cursor& start) {
    const std::uint64_t last = next_sequence_ - 1;
    CELLMON_TRY_ASSIGN(auto reader, Reader::open(files_, directory_, [last] { return last; }));
    CELLMON_TRY(reader.seek(start));
    while (true) {
        CELLMON_TRY_ASSIGN(const auto entry, reader.next());
        if (!entry) break;
        ids_->insert({entry->header.id, entry->header.content_hash}, hash_of(entry->header.id));
        ids_->freeze_if_full(reader.cursor());
        // A long replay must not hold all ids in memory.
        if (ids_->overloaded()) CELLMON_TRY(ids_->maintain());
    }
    return {};
}

Result<void> CommitLog::begin_durable_file() {
    CELLMON_TRY_ASSIGN(auto file, DurableFile::open(files_, directory_, identity_));
    CELLMON_TRY(file.write(next_sequence_ - 1));
    durable_file_.emplace(std::move(file));
    return {};
}

Cursor CommitLog::end() const {
    return {identity_.journal_id, identity_.epoch, next_sequence_ - 1, chain_};
}

Result<bool> CommitLog::maintain() {
    if (prepare_wanted_.exchange(false)) {
        if (auto prepared = prepare_next(); !prepared) {
            prepare_wanted_ = true;
            // Ids need less space than a segment, and waiting ones fill the memory.
            CELLMON_TRY_ASSIGN(const bool worked, ids_->maintain());
            if (!worked) return fail(prepared.error());
        }
        return true;
    }
    return ids_->maintain();
}

Result<void> CommitLog::prepare_next() {
    const std::lock_guard lock(prepare_mutex_);
    CELLMON_TRY_ASSIGN(const bool ready,
                       files_.exists(fmt::format("{}/{}", directory_, kPreparedFile)));
    return ready ? Result<void>{} : prepare_segment(files_, directory_, limits_.segment_bytes);
}

Result<void> CommitLog::begin_segment(std::uint64_t minimum_bytes) {
    const SegmentHeader header{identity_.journal_id, identity_.epoch, next_sequence_, chain_,
                               random_.u32()};
    const std::lock_guard lock(prepare_mutex_);
    CELLMON_TRY_ASSIGN(auto segment,
                       SegmentWriter::begin(files_, directory_, header,
                                            std::max(limits_.segment_bytes, minimum_bytes)));
    segment_.emplace(std::move(segment));
    ++segments_;
    prepare_wanted_ = true;
    return {};
}

bool CommitLog::is_over(const SegmentWriter& segment, std::uint64_t record_bytes) const {
    if (segment.empty()) return false;
    if (segment.end().offset + record_bytes + kFooterBytes > limits_.segment_bytes) return true;
    return limits_.segment_age_us > 0 &&
           clock_.now_us() - segment_begun_us_ >= limits_.segment_age_us;
}

/// A segment with room for the record and the footer behind it. A record larger than a segment gets
/// one of its own.
Result<void> CommitLog::ensure_room(std::uint64_t record_bytes) {
    if (segment_ && is_over(*segment_, record_bytes)) {
        if (auto sealed = segment_->seal(); !sealed) {
            poisoned_ = true;
            return sealed;
        }
        segment_.reset();
    }
    if (segment_) return {};
    auto begun = begin_segment(record_bytes + kSegmentHeaderBytes + kFooterBytes);
    // Without space nothing was begun, and a later attempt may find some. Any other failure leaves
    // doubts.
    if (!begun && begun.error().code != ErrorCode::no_space) poisoned_ = true;
    return begun;
}

Result<void> CommitLog::commit(std::span<NewEntry* const> entries) {
    CELLMON_ASSERT(!poisoned_);
    stored_.clear();
    written_.clear();
    std::uint64_t record_bytes = record_head_bytes(entries.size()) + kRecordAlignment;
    for (const NewEntry* entry : entries)
        record_bytes += entry->payload.size();
    CELLMON_TRY(ensure_room(record_bytes));

    if (auto sorted = sort_out(entries); !sorted) {
        poisoned_ = true;
        return sorted;
    }
    if (stored_.empty()) return {};
    const RecordHeader header = build_record();
    const std::int64_t before = clock_.steady_us();
    if (auto appended = segment_->append(buffer_, header); !appended) {
        poisoned_ = true;
        return appended;
    }
    last_sync_us_ = clock_.steady_us() - before;
    if (header.first_sequence == segment_->header().first_sequence) {
        segment_begun_us_ = header.append_time_us;
    }
    next_sequence_ += header.count;
    chain_ = header.chain_after;
    // The group is safe whether this succeeds or not. A failure leaves readers in other processes
    // a group behind, and the next opening with less to tell damage by.
    static_cast<void>(durable_file_->write(next_sequence_ - 1));
    ids_->freeze_if_full(end());
    return {};
}

/// Decides each entry's outcome and collects the new ones in stored_.
Result<void> CommitLog::sort_out(std::span<NewEntry* const> entries) {
    hashes_.resize(entries.size());
    const auto look_ahead = [&](std::size_t i) {
        if (i >= entries.size()) return;
        hashes_[i] = hash_of(entries[i]->id);
        ids_->prefetch(hashes_[i]);
    };
    for (std::size_t i = 0; i < kLookAhead; ++i)
        look_ahead(i);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        look_ahead(i + kLookAhead);
        NewEntry& entry = *entries[i];
        entry.sequence = 0;
        CELLMON_TRY_ASSIGN(const auto known, ids_->find(entry.id, hashes_[i]));
        if (!known) {
            entry.outcome = Outcome::stored;
            place(entry, hashes_[i]);
        } else if (*known == entry.content_hash) {
            entry.outcome = Outcome::duplicate;
        } else {
            entry.outcome = Outcome::conflict;
            const Id128 id = quarantine_id(entry.id, entry.content_hash);
            const std::uint64_t hash = hash_of(id);
            CELLMON_TRY_ASSIGN(const auto quarantined, ids_->find(id, hash));
            if (quarantined) continue;
            entry.id = id;
            entry.kind = EntryKind::quarantine;
            place(entry, hash);
        }
    }
    return {};
}

void CommitLog::place(NewEntry& entry, std::uint64_t hash) {
    entry.sequence = next_sequence_ + stored_.size();
    ids_->insert({entry.id, entry.content_hash}, hash);
    stored_.push_back(&entry);
}

RecordHeader CommitLog::build_record() {
    std::size_t payload_bytes = 0;
    for (const NewEntry* entry : stored_)
        payload_bytes += entry->payload.size();
    const std::size_t head_bytes = record_head_bytes(stored_.size());
    const std::size_t total = align_record(head_bytes + payload_bytes);
    if (buffer_.capacity() > kKeepBufferBytes) buffer_ = {};
    buffer_.resize(total);

    RecordHeader header{total,           next_sequence_, static_cast<std::uint32_t>(stored_.size()),
                        clock_.now_us(), chain_,         chain_};
    const Bytes bytes(buffer_);
    std::size_t payload_at = head_bytes;
    for (std::size_t i = 0; i < stored_.size(); ++i) {
        const NewEntry& entry = *stored_[i];
        const EntryHeader entry_header{entry.id,
                                       entry.content_hash,
                                       entry.received_us,
                                       entry.sequence,
                                       static_cast<std::uint32_t>(entry.payload.size()),
                                       entry.payload_crc,
                                       entry.kind,
                                       PayloadEncoding::json};
        const Bytes entry_bytes = bytes.subspan(record_head_bytes(i), kEntryHeaderBytes);
        encode(entry_header, entry_bytes);
        header.chain_after = chain_next(header.chain_after, entry_bytes);
        written_.push_back({entry_header, header.chain_after});
        std::memcpy(bytes.data() + payload_at, entry.payload.data(), entry.payload.size());
        payload_at += entry.payload.size();
    }
    std::memset(bytes.data() + payload_at, 0, total - payload_at);
    encode(header, bytes);
    seal_record(bytes.first(head_bytes), segment_->header().salt);
    return header;
}

}  // namespace cellmon::journal
