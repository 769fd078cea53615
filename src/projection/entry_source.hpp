#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "base/result.hpp"
#include "journal/cursor.hpp"
#include "journal/reader.hpp"

namespace cellmon::projection {

/// Where a projection reads entries from: a journal (JournalSource), or a test's memory. One thread
/// at a time.
class EntrySource {
  public:
    virtual ~EntrySource() = default;

    /// The cursor before the first entry of the present history.
    [[nodiscard]] virtual journal::Cursor beginning() const = 0;

    /// The cursor before the newest `count` durable entries, or before the first of fewer (that
    /// is kept). Moves the source; seek() comes next.
    virtual Result<journal::Cursor> before_newest(std::uint64_t count);

    /// Errors as journal::Reader::seek: ErrorCode::mismatch for a cursor of another history,
    /// needs_snapshot for entries that are no longer there at all.
    virtual Result<void> seek(const journal::Cursor& cursor) = 0;

    /// Makes next() continue at the entry with `sequence` (from 1) of the present history.
    virtual Result<void> seek_sequence(std::uint64_t sequence);

    /// The next durable entry, valid until the next call; nullopt when there is none now.
    /// ErrorCode::needs_snapshot, again and again, in front of one whose payload retention has
    /// removed: nobody passes over it by mistake.
    virtual Result<std::optional<journal::Entry>> next() = 0;

    /// The same for whoever asks nothing of payloads, or says what is lacking: hands out entries
    /// whose payloads were removed (Entry::removed).
    virtual Result<std::optional<journal::Entry>> next_or_removed() { return next(); }

    /// The first sequence from which on all payloads are there.
    [[nodiscard]] virtual Result<std::uint64_t> first_kept() { return 1; }

    /// ErrorCode::needs_snapshot, with what to do, when a payload of `sequence` or behind it was
    /// removed: for who must know it before anything is thrown away.
    Result<void> require_kept(std::uint64_t sequence);

    /// The highest sequence that may be read. Safe for use by any thread.
    [[nodiscard]] virtual std::uint64_t durable_sequence() const = 0;

    /// Returns when an entry behind `sequence` is durable, after `timeout`, or when a stop is
    /// requested.
    virtual void wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                             const std::stop_token& stop) = 0;
};

}  // namespace cellmon::projection
