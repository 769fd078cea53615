#include "projection/entry_source.hpp"

#include "journal/removal.hpp"

namespace cellmon::projection {

Result<journal::Cursor> EntrySource::before_newest(std::uint64_t count) {
    journal::Cursor cursor = beginning();
    const std::uint64_t durable = durable_sequence();
    if (durable <= count) return cursor;
    CELLMON_TRY(seek(cursor));
    while (cursor.sequence < durable - count) {
        CELLMON_TRY_ASSIGN(const auto entry, next());
        if (!entry) return fail(ErrorCode::io, "the journal ends before what is durable");
        cursor.sequence = entry->header.sequence;
        cursor.chain = entry->chain;
    }
    return cursor;
}

Result<void> EntrySource::seek_sequence(std::uint64_t sequence) {
    CELLMON_TRY(seek(beginning()));
    for (std::uint64_t at = 1; at < sequence; ++at) {
        CELLMON_TRY_ASSIGN(const auto entry, next());
        if (!entry) break;
    }
    return {};
}

Result<void> EntrySource::require_kept(std::uint64_t sequence) {
    CELLMON_TRY_ASSIGN(const std::uint64_t kept, first_kept());
    return sequence >= kept ? Result<void>{} : fail(journal::needs_snapshot(kept));
}

}  // namespace cellmon::projection
