#pragma once

#include "base/byte_codec.hpp"
#include "journal/cursor.hpp"

namespace cellmon::journal {

/// A cursor in a checkpoint: the id's 16 bytes, epoch, sequence, chain.
inline void put_cursor(ByteWriter& out, const Cursor& cursor) {
    out.put(cursor.journal_id.bytes);
    out.put(cursor.epoch);
    out.put(cursor.sequence);
    out.put(cursor.chain);
}

/// Bytes that are not there are zeros, and `in` says so (ByteReader::ok).
inline Cursor get_cursor(ByteReader& in) {
    Cursor cursor;
    cursor.journal_id.bytes = in.bytes<sizeof(cursor.journal_id.bytes)>();
    cursor.epoch = in.get<std::uint64_t>();
    cursor.sequence = in.get<std::uint64_t>();
    cursor.chain = in.get<std::uint64_t>();
    return cursor;
}

}  // namespace cellmon::journal
