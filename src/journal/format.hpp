#pragma once

// The journal's format on disk: constants and fixed layouts, shared by writer and reader.
// docs/formats/journal.md is the specification; every number here stands there.

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id128.hpp"

namespace cellmon::journal {

/// The newest version of a segment that this program reads.
inline constexpr std::uint32_t kFormatVersion = 2;

/// What a segment's version says.
inline constexpr std::uint32_t kWholeVersion = 1;    ///< Payloads follow the entry headers.
inline constexpr std::uint32_t kRemovedVersion = 2;  ///< They were removed; all else is there.
inline constexpr std::string_view kSegmentMagic = "CMONSEG1";
inline constexpr std::string_view kFooterMagic = "CMONEND1";
inline constexpr std::string_view kRecordMagic = "CMG1";

inline constexpr std::size_t kSegmentHeaderBytes = 64;
inline constexpr std::size_t kFooterBytes = 64;
inline constexpr std::size_t kRecordHeaderBytes = 64;
inline constexpr std::size_t kEntryHeaderBytes = 56;
inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::size_t kDurableMarkBytes = 40;

inline constexpr std::string_view kIdentityFile = "identity";
inline constexpr std::string_view kLockFile = "lock";
inline constexpr std::string_view kDurableFile = "durable";
inline constexpr std::string_view kRedactionsFile = "redactions";
inline constexpr std::string_view kPreparedFile = "prepared.tmp";
inline constexpr std::string_view kSegmentSuffix = ".segment";
inline constexpr std::string_view kRecoveringSuffix = ".recovering";

/// What an entry is. Stored in two bytes; unknown kinds are kept and passed on.
enum class EntryKind : std::uint16_t {
    event = 1,       ///< An accepted event of a client.
    quarantine = 2,  ///< An item that was refused (invalid, or in conflict with a stored id), kept
                     ///< so that nothing is lost.
    server = 3,      ///< A record of the server's own that changes the meaning of events.
};

enum class PayloadEncoding : std::uint16_t { json = 0 };

struct SegmentHeader {
    Id128 journal_id;
    std::uint64_t epoch = 1;
    std::uint64_t first_sequence = 1;
    std::uint64_t chain_before = 0;
    std::uint32_t salt = 0;
    bool payloads_removed = false;  ///< Its records end with their entry headers.
};

struct SegmentFooter {
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t chain_after = 0;
    std::uint64_t offset = 0;
    std::uint64_t record_count = 0;
};

struct RecordHeader {
    std::uint64_t total_bytes = 0;
    std::uint64_t first_sequence = 0;
    std::uint32_t count = 0;
    TimeUs append_time_us = 0;
    std::uint64_t chain_before = 0;
    std::uint64_t chain_after = 0;
};

struct EntryHeader {
    Id128 id;
    std::uint64_t content_hash = 0;
    TimeUs received_us = 0;
    std::uint64_t sequence = 0;
    std::uint32_t payload_bytes = 0;
    std::uint32_t payload_crc = 0;
    EntryKind kind = EntryKind::event;
    PayloadEncoding encoding = PayloadEncoding::json;
};

/// The content of the file kDurableFile.
struct DurableMark {
    Id128 journal_id;
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
};

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;

/// Each encode fills exactly the layout's bytes, its CRC included (but a record's, which also
/// covers the entry headers: see seal_record). Each decode checks magic, version and CRC, and
/// returns false when anything is wrong.
void encode(const SegmentHeader& header, Bytes into);
[[nodiscard]] bool decode(ConstBytes bytes, SegmentHeader& header);

/// The version a segment header claims, when its magic and CRC are right; else 0. Tells a newer
/// format from damage.
[[nodiscard]] std::uint32_t segment_format_version(ConstBytes bytes);

void encode(const SegmentFooter& footer, std::uint32_t salt, Bytes into);
[[nodiscard]] bool decode(ConstBytes bytes, std::uint32_t salt, SegmentFooter& footer);
void encode(const RecordHeader& header, Bytes into);
void encode(const EntryHeader& header, Bytes into);
void decode(ConstBytes bytes, EntryHeader& header);

void encode(const DurableMark& mark, Bytes into);
[[nodiscard]] bool decode(ConstBytes bytes, DurableMark& mark);

/// Writes the CRC of a record whose header and entry headers are `head`.
void seal_record(Bytes head, std::uint32_t salt);

/// Reads the fields of a record header without believing them: only the magic and the plausibility
/// of length and count are checked. record_crc_matches decides.
[[nodiscard]] bool decode_unchecked(ConstBytes bytes, RecordHeader& header);
[[nodiscard]] bool record_crc_matches(ConstBytes head, std::uint32_t salt);

/// Bytes of the record header and entry headers of a record with `count` entries.
[[nodiscard]] constexpr std::size_t record_head_bytes(std::size_t count) {
    return kRecordHeaderBytes + count * kEntryHeaderBytes;
}

[[nodiscard]] constexpr std::size_t align_record(std::size_t bytes) {
    return (bytes + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

/// The next value of the chain after an entry with these header bytes.
[[nodiscard]] std::uint64_t chain_next(std::uint64_t chain, ConstBytes entry_header);

/// `00000000000000000001.segment`, and back; 0 for a name that is no segment's.
[[nodiscard]] std::string segment_name(std::uint64_t first_sequence);
[[nodiscard]] std::uint64_t segment_first_sequence(std::string_view name);

}  // namespace cellmon::journal
