#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/cursor.hpp"
#include "journal/format.hpp"
#include "journal/reader.hpp"

namespace cellmon::journal {

/// What became of a submitted entry. Everything but `failed` is durable.
enum class Outcome : std::uint8_t {
    stored,     ///< New; it has a sequence now.
    duplicate,  ///< The same id with the same content is stored already.
    conflict,   ///< The id is stored with other content; this content went to quarantine.
    failed,     ///< Not stored. The journal takes nothing more.
};

/// Who sent an entry and which stream numbers it speaks for, so that the observer need not parse
/// the payload again.
struct Origin {
    std::string_view
        email;  ///< The student, as normalised; empty when unknown (quarantined items).
    std::string_view class_code;
    std::string_view stream_id;   ///< Empty: the entry belongs to no stream.
    std::uint64_t number = 0;     ///< The entry's own number in the stream; 0: none.
    std::uint64_t gap_first = 0;  ///< The numbers a `stream_gap` gives up; 0: it is none.
    std::uint64_t gap_last = 0;
    TimeUs client_time_us = 0;  ///< The client's own event time; 0 when it sent none.
};

/// An entry on its way in. The views must stay valid until the submission is complete.
struct NewEntry {
    Id128 id;
    std::uint64_t content_hash = 0;
    TimeUs received_us = 0;
    EntryKind kind = EntryKind::event;
    std::uint32_t payload_crc = 0;  ///< CRC-32C of `payload`, computed by the caller's thread.
    std::string_view payload;
    Origin origin;

    Outcome outcome = Outcome::failed;  ///< Filled in.
    std::uint64_t sequence = 0;  ///< Filled in when stored, also when quarantined by a conflict.
};

/// A batch that shares one answer. Subclass it to carry the request along.
class Submission {
  public:
    virtual ~Submission() = default;

    std::vector<NewEntry> entries;

    /// Which of the completion queues wakes this one (an I/O thread's number).
    unsigned waiter = 0;

    [[nodiscard]] std::size_t payload_bytes() const;
};

/// Told of completed submissions by the journal's thread, once per waiter and commit group.
class CompletionQueue {
  public:
    virtual ~CompletionQueue() = default;
    virtual void complete(unsigned waiter, std::vector<std::unique_ptr<Submission>> done) = 0;
};

/// A fold that needs each durable entry at once and in order, before anyone is told of it. Called
/// by the journal's thread; it must not block.
class CommitObserver {
  public:
    virtual ~CommitObserver() = default;
    virtual void committed(const EntryHeader& header, std::uint64_t chain,
                           const Origin& origin) = 0;
};

/// Named limits; each has a line in docs/reference/configuration.md.
struct JournalLimits {
    std::uint64_t segment_bytes = 64U << 20U;
    /// Age at which a segment takes no more entries; 0: only its size ends it. Retention removes
    /// whole segments.
    std::int64_t segment_age_us = 0;
    std::size_t group_entries = 16'384;  ///< Entries in one commit group.
    std::size_t group_bytes =
        8U << 20U;  ///< Payload bytes in one commit group (one submission may exceed it).
    std::size_t queue_bytes =
        128U << 20U;  ///< Payload bytes waiting for the writer; more is ErrorCode::unavailable.
    std::uint64_t disk_reserve_bytes =
        1U << 30U;  ///< Free space below which nothing is taken (ErrorCode::no_space).
    std::size_t id_memory_entries = 262'144;  ///< Ids in memory before they become a sorted run.
};

struct JournalStatus {
    std::uint64_t durable_sequence = 0;
    std::uint64_t groups = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t conflicts = 0;
    std::uint64_t bytes_written = 0;
    std::size_t queued_bytes = 0;
    std::size_t segments = 0;
    std::size_t id_runs = 0;
    std::uint64_t ids = 0;
    std::int64_t last_sync_us = 0;  ///< Duration of the last sync.
    bool disk_low = false;
    std::string poisoned;  ///< Empty, or why nothing is taken any more.
};

/// The durable, ordered, duplicate-free log of everything that arrived. One instance a folder; a
/// lock sees to it.
///
/// submit() may be called by any thread. One thread of the journal's own forms commit groups: all
/// that is pending, one write, one sync; the sync in flight is the batching window, there is no
/// timer.
class Journal {
  public:
    struct Dependencies {
        io::FileSystem& files;
        const Clock& clock;
        RandomSource& random;
        CompletionQueue& completions;
        /// Called once, by the journal's thread, when a write or sync failed: the process should
        /// end.
        std::function<void(const std::string& why)> on_poisoned;
    };

    /// Opens the folder, creating a new journal in an empty one, and recovers: the unsealed segment
    /// is copied, synced and renamed before its entries count. Errors: locked, corrupt (with what
    /// to do), newer_format, no_space, permission.
    static Result<std::unique_ptr<Journal>> open(std::string directory, JournalLimits limits,
                                                 Dependencies dependencies);

    /// Folds every entry that becomes durable from now on. Before the first submit; must outlive
    /// the journal.
    void set_observer(CommitObserver* observer);

    /// Commits what still waits, then stops. Batches left behind a poisoned journal are completed
    /// as failed.
    ~Journal();

    /// Takes the batch, or says why not: ErrorCode::unavailable (queue full), no_space (reserve
    /// reached), io (poisoned). A taken batch is completed through the CompletionQueue, always; one
    /// that was not taken stays with the caller.
    Result<void> submit(std::unique_ptr<Submission>&& submission);

    [[nodiscard]] const std::string& directory() const;
    [[nodiscard]] Id128 journal_id() const;
    [[nodiscard]] std::uint64_t epoch() const;
    [[nodiscard]] std::uint64_t durable_sequence() const;

    /// Bytes of a torn, never acknowledged record that recovery dropped at open.
    [[nodiscard]] std::uint64_t dropped_bytes() const;
    [[nodiscard]] JournalStatus status() const;

    /// For Reader::open in this process.
    [[nodiscard]] VisibleThrough visible_through() const;

    /// Waits until an entry behind `sequence` is durable, `timeout` is over or a stop is requested;
    /// the durable sequence.
    std::uint64_t wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                              const std::stop_token& stop) const;

  private:
    class Impl;
    explicit Journal(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cellmon::journal
