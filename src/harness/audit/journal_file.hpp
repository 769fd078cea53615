#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id128.hpp"
#include "base/result.hpp"

namespace cellmon::harness {

/// One entry of the journal as it lies on disk (docs/formats/journal.md).
struct StoredEntry {
    std::uint64_t sequence = 0;
    Id128 id;
    std::uint64_t content_hash = 0;
    TimeUs received_us = 0;
    std::uint16_t kind = 0;    ///< 1 event, 2 quarantined item, 3 the server's own record.
    bool blanked = false;      ///< The payload was erased on purpose.
    bool removed = false;      ///< It was removed because of its age or size.
    std::string_view payload;  ///< Valid during the call.
};
inline constexpr std::uint16_t kEventKind = 1;

struct JournalSummary {
    Id128 id;
    std::uint64_t epoch = 0;
    std::uint64_t last_sequence = 0;  ///< Of what was visited.
    std::uint64_t removed = 0;        ///< Entries of it whose payloads were removed.
    bool writer_alive =
        false;  ///< A server held the lock, so only what it calls durable was visited.
};

/// Reads the journal in `folder` (the folder with `identity`) in sequence order, by the documented
/// format alone and sharing no code with the writer, so that a mistake of the writer is not made
/// twice.
///
/// ErrorCode::corrupt when the bytes contradict the format, with the place; not_found when there is
/// no journal.
Result<JournalSummary> read_journal(const std::string& folder,
                                    const std::function<void(const StoredEntry&)>& visit);

/// True while a server holds the journal's lock.
[[nodiscard]] bool writer_holds_lock(const std::string& folder);

}  // namespace cellmon::harness
