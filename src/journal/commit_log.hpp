#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/durable_file.hpp"
#include "journal/id_set.hpp"
#include "journal/identity.hpp"
#include "journal/journal.hpp"
#include "journal/recovery.hpp"
#include "journal/segment_writer.hpp"

namespace cellmon::journal {

/// The journal without threads: opens and recovers a folder, and commits one group after the other.
/// Everything that must be right when the disk is wrong is in here, so that a seeded simulation can
/// drive it step by step.
///
/// One thread calls commit. maintain may run beside it.
class CommitLog {
  public:
    static Result<std::unique_ptr<CommitLog>> open(io::FileSystem& files, std::string directory,
                                                   const JournalLimits& limits, const Clock& clock,
                                                   RandomSource& random);

    /// Makes the group durable and fills in outcomes and sequences; the entries may belong to
    /// several submissions. ErrorCode::no_space: nothing was stored, later calls may succeed. Any
    /// other error poisons the log: nothing more is taken and the process should end. Outcomes are
    /// valid only on success.
    Result<void> commit(std::span<NewEntry* const> entries);

    /// The entries that the last commit stored, in sequence order.
    [[nodiscard]] std::span<NewEntry* const> stored() const { return stored_; }

    /// The header under which an entry of stored() was written, and the chain behind it.
    struct Written {
        EntryHeader header;
        std::uint64_t chain = 0;
    };
    [[nodiscard]] std::span<const Written> written() const { return written_; }

    /// One piece of background work: prepares the next segment, writes or merges ids. False:
    /// nothing to do.
    Result<bool> maintain();

    [[nodiscard]] const std::string& directory() const { return directory_; }
    [[nodiscard]] const Identity& identity() const { return identity_; }
    [[nodiscard]] Cursor end() const;
    [[nodiscard]] bool poisoned() const { return poisoned_; }
    [[nodiscard]] const IdSet& ids() const { return *ids_; }
    [[nodiscard]] std::size_t segments() const { return segments_.load(); }
    [[nodiscard]] std::int64_t last_sync_us() const { return last_sync_us_; }
    [[nodiscard]] std::uint64_t dropped_bytes() const { return dropped_bytes_; }
    [[nodiscard]] std::uint64_t last_record_bytes() const { return buffer_.size(); }

  private:
    CommitLog(io::FileSystem& files, std::string directory, const JournalLimits& limits,
              const Clock& clock, RandomSource& random)
        : files_(files),
          directory_(std::move(directory)),
          limits_(limits),
          clock_(clock),
          random_(random) {}

    Result<void> recover_folder();
    Result<void> resume_segment(const RecoveredEnd::Open& open);
    [[nodiscard]] bool is_over(const SegmentWriter& segment, std::uint64_t record_bytes) const;
    Result<void> replay_ids();
    Result<void> replay_ids_from(const Cursor& start);
    Result<void> begin_durable_file();
    Result<void> prepare_next();
    Result<void> ensure_room(std::uint64_t record_bytes);
    Result<void> begin_segment(std::uint64_t minimum_bytes);
    Result<void> sort_out(std::span<NewEntry* const> entries);
    void place(NewEntry& entry, std::uint64_t hash);
    RecordHeader build_record();

    io::FileSystem& files_;
    std::string directory_;
    JournalLimits limits_;
    const Clock& clock_;
    RandomSource& random_;

    std::unique_ptr<io::FileLock> lock_;
    Identity identity_;
    std::unique_ptr<IdSet> ids_;
    std::optional<SegmentWriter> segment_;     // None only until the next commit begins one.
    TimeUs segment_begun_us_ = 0;              // When its first record was appended.
    std::optional<DurableFile> durable_file_;  // Always there once open() is through.
    std::uint64_t next_sequence_ = 1;
    std::uint64_t chain_ = 0;
    std::uint64_t dropped_bytes_ = 0;
    std::atomic<std::size_t> segments_{0};
    bool poisoned_ = false;
    std::int64_t last_sync_us_ = 0;

    std::vector<NewEntry*> stored_;
    std::vector<Written> written_;
    std::vector<std::uint64_t> hashes_;
    std::vector<std::byte> buffer_;

    std::mutex prepare_mutex_;  // Guards prepared.tmp.
    std::atomic<bool> prepare_wanted_{true};
};

/// The id under which content that conflicts with a stored id goes to quarantine: sending the same
/// content again finds it.
[[nodiscard]] Id128 quarantine_id(const Id128& id, std::uint64_t content_hash);

}  // namespace cellmon::journal
