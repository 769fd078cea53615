#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/cursor.hpp"
#include "journal/format.hpp"

namespace cellmon::journal {

/// One entry as a reader hands it out. `payload` is valid until the next call to the reader.
struct Entry {
    EntryHeader header;
    std::uint64_t chain = 0;  ///< The chain value at this sequence.
    bool redacted = false;    ///< The payload was blanked; `payload` is empty.
    bool removed = false;     ///< It was removed because of its age or size, and is not redacted;
                              ///< `payload` is empty. Nobody may fold it as if it said nothing.
    std::string_view payload;
};

/// Gives the highest sequence that a reader may show (law 4).
using VisibleThrough = std::function<std::uint64_t()>;

/// Reads entries in sequence order, in the process that writes or beside it. One thread at a time;
/// any number of readers.
///
/// Reads ahead by one record. A payload that is blanked while it reads counts as such from its next
/// look at the file on. Every CRC and the chain are checked; ErrorCode::corrupt names file
/// and offset.
class Reader {
  public:
    /// `visible_through` as Journal::visible_through() gives it, or visible_beside_writer() for
    /// another process.
    static Result<Reader> open(io::FileSystem& files, std::string directory,
                               VisibleThrough visible_through);

    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    ~Reader();

    /// Journal id and epoch as in `identity`.
    [[nodiscard]] Id128 journal_id() const;
    [[nodiscard]] std::uint64_t epoch() const;

    /// Makes `next` continue behind the cursor. ErrorCode::mismatch when the cursor belongs to
    /// another journal, epoch or history, or lies ahead of this one; ErrorCode::needs_snapshot when
    /// its successor's segment is not there any more.
    Result<void> seek(const Cursor& cursor);

    /// Makes `next` continue at the entry with `sequence` (from 1), trusting the caller about the
    /// history.
    Result<void> seek_sequence(std::uint64_t sequence);

    /// The next entry; nullopt when no further one is visible now (ask again later). `*entry` stays
    /// valid until the next call.
    Result<std::optional<Entry>> next();

    /// The first sequence from which on all payloads are there, as journal::first_kept(): looked
    /// up anew. Where the reader stands does not matter, and does not change.
    [[nodiscard]] Result<std::uint64_t> first_kept() const;

    /// The cursor behind the entry that next() returned last (or that seek was given).
    [[nodiscard]] Cursor cursor() const;

  private:
    class Impl;
    explicit Reader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// For a process that does not write: the `durable` file while a writer holds the lock, else no
/// limit.
[[nodiscard]] VisibleThrough visible_beside_writer(io::FileSystem& files, std::string directory);

}  // namespace cellmon::journal
