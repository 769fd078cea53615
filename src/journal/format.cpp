#include "journal/format.hpp"

#include <bit>
#include <charconv>
#include <type_traits>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/assert.hpp"
#include "base/crc32c.hpp"

namespace cellmon::journal {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian and is copied as it is");

constexpr std::size_t kCrcOffset = 60;  // Of segment header and footer.
constexpr std::size_t kFooterSaltOffset = 52;
constexpr std::size_t kMarkCrcOffset = 36;
constexpr std::size_t kRecordCrcOffset = 4;
constexpr std::size_t kRecordCrcFrom = 8;  // The first byte that a record's CRC covers.
constexpr std::size_t kSequenceDigits = 20;

template <typename T>
void put(Bytes into, std::size_t offset, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(into.data() + offset, &value, sizeof(T));
}

template <typename T>
T get(ConstBytes from, std::size_t offset) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    std::memcpy(&value, from.data() + offset, sizeof(T));
    return value;
}

void put_magic(Bytes into, std::string_view magic) {
    std::memcpy(into.data(), magic.data(), magic.size());
}

bool has_magic(ConstBytes from, std::string_view magic) {
    return std::memcmp(from.data(), magic.data(), magic.size()) == 0;
}

}  // namespace

void encode(const SegmentHeader& header, Bytes into) {
    CELLMON_ASSERT(into.size() == kSegmentHeaderBytes);
    std::memset(into.data(), 0, into.size());
    put_magic(into, kSegmentMagic);
    put(into, 8, header.payloads_removed ? kRemovedVersion : kWholeVersion);
    put(into, 16, header.journal_id);
    put(into, 32, header.epoch);
    put(into, 40, header.first_sequence);
    put(into, 48, header.chain_before);
    put(into, 56, header.salt);
    put(into, kCrcOffset, crc32c(into.first(kCrcOffset)));
}

bool decode(ConstBytes bytes, SegmentHeader& header) {
    if (bytes.size() < kSegmentHeaderBytes || !has_magic(bytes, kSegmentMagic)) return false;
    if (get<std::uint32_t>(bytes, kCrcOffset) != crc32c(bytes.first(kCrcOffset))) return false;
    const auto version = get<std::uint32_t>(bytes, 8);
    if (version != kWholeVersion && version != kRemovedVersion) return false;
    header.journal_id = get<Id128>(bytes, 16);
    header.epoch = get<std::uint64_t>(bytes, 32);
    header.first_sequence = get<std::uint64_t>(bytes, 40);
    header.chain_before = get<std::uint64_t>(bytes, 48);
    header.salt = get<std::uint32_t>(bytes, 56);
    header.payloads_removed = version == kRemovedVersion;
    return true;
}

std::uint32_t segment_format_version(ConstBytes bytes) {
    if (bytes.size() < kSegmentHeaderBytes || !has_magic(bytes, kSegmentMagic)) return 0;
    if (get<std::uint32_t>(bytes, kCrcOffset) != crc32c(bytes.first(kCrcOffset))) return 0;
    return get<std::uint32_t>(bytes, 8);
}

void encode(const SegmentFooter& footer, std::uint32_t salt, Bytes into) {
    CELLMON_ASSERT(into.size() == kFooterBytes);
    std::memset(into.data(), 0, into.size());
    put_magic(into, kFooterMagic);
    put(into, 8, footer.first_sequence);
    put(into, 16, footer.last_sequence);
    put(into, 24, footer.chain_after);
    put(into, 32, footer.offset);
    put(into, 40, footer.record_count);
    put(into, kFooterSaltOffset, salt);
    put(into, kCrcOffset, crc32c(into.first(kCrcOffset), salt));
}

bool decode(ConstBytes bytes, std::uint32_t salt, SegmentFooter& footer) {
    if (bytes.size() < kFooterBytes || !has_magic(bytes, kFooterMagic)) return false;
    if (get<std::uint32_t>(bytes, kFooterSaltOffset) != salt) return false;
    if (get<std::uint32_t>(bytes, kCrcOffset) != crc32c(bytes.first(kCrcOffset), salt))
        return false;
    footer.first_sequence = get<std::uint64_t>(bytes, 8);
    footer.last_sequence = get<std::uint64_t>(bytes, 16);
    footer.chain_after = get<std::uint64_t>(bytes, 24);
    footer.offset = get<std::uint64_t>(bytes, 32);
    footer.record_count = get<std::uint64_t>(bytes, 40);
    return true;
}

void encode(const RecordHeader& header, Bytes into) {
    CELLMON_ASSERT(into.size() >= kRecordHeaderBytes);
    std::memset(into.data(), 0, kRecordHeaderBytes);
    put_magic(into, kRecordMagic);
    put(into, 8, header.total_bytes);
    put(into, 16, header.first_sequence);
    put(into, 24, header.count);
    put(into, 32, header.append_time_us);
    put(into, 40, header.chain_before);
    put(into, 48, header.chain_after);
}

void encode(const EntryHeader& header, Bytes into) {
    CELLMON_ASSERT(into.size() >= kEntryHeaderBytes);
    put(into, 0, header.id);
    put(into, 16, header.content_hash);
    put(into, 24, header.received_us);
    put(into, 32, header.sequence);
    put(into, 40, header.payload_bytes);
    put(into, 44, header.payload_crc);
    put(into, 48, header.kind);
    put(into, 50, header.encoding);
    put(into, 52, std::uint32_t{0});
}

void decode(ConstBytes bytes, EntryHeader& header) {
    CELLMON_ASSERT(bytes.size() >= kEntryHeaderBytes);
    header.id = get<Id128>(bytes, 0);
    header.content_hash = get<std::uint64_t>(bytes, 16);
    header.received_us = get<TimeUs>(bytes, 24);
    header.sequence = get<std::uint64_t>(bytes, 32);
    header.payload_bytes = get<std::uint32_t>(bytes, 40);
    header.payload_crc = get<std::uint32_t>(bytes, 44);
    header.kind = get<EntryKind>(bytes, 48);
    header.encoding = get<PayloadEncoding>(bytes, 50);
}

void encode(const DurableMark& mark, Bytes into) {
    CELLMON_ASSERT(into.size() == kDurableMarkBytes);
    std::memset(into.data(), 0, into.size());
    put(into, 0, mark.sequence);
    put(into, 8, mark.epoch);
    put(into, 16, mark.journal_id);
    put(into, kMarkCrcOffset, crc32c(into.first(kMarkCrcOffset)));
}

bool decode(ConstBytes bytes, DurableMark& mark) {
    if (bytes.size() < kDurableMarkBytes) return false;
    if (get<std::uint32_t>(bytes, kMarkCrcOffset) != crc32c(bytes.first(kMarkCrcOffset))) {
        return false;
    }
    mark.sequence = get<std::uint64_t>(bytes, 0);
    mark.epoch = get<std::uint64_t>(bytes, 8);
    mark.journal_id = get<Id128>(bytes, 16);
    return true;
}

void seal_record(Bytes head, std::uint32_t salt) {
    put(head, kRecordCrcOffset, crc32c(head.subspan(kRecordCrcFrom), salt));
}

bool decode_unchecked(ConstBytes bytes, RecordHeader& header) {
    if (bytes.size() < kRecordHeaderBytes || !has_magic(bytes, kRecordMagic)) return false;
    header.total_bytes = get<std::uint64_t>(bytes, 8);
    header.first_sequence = get<std::uint64_t>(bytes, 16);
    header.count = get<std::uint32_t>(bytes, 24);
    header.append_time_us = get<TimeUs>(bytes, 32);
    header.chain_before = get<std::uint64_t>(bytes, 40);
    header.chain_after = get<std::uint64_t>(bytes, 48);
    return header.count >= 1 && header.total_bytes % kRecordAlignment == 0 &&
           header.total_bytes >= record_head_bytes(header.count);
}

bool record_crc_matches(ConstBytes head, std::uint32_t salt) {
    return get<std::uint32_t>(head, kRecordCrcOffset) == crc32c(head.subspan(kRecordCrcFrom), salt);
}

std::uint64_t chain_next(std::uint64_t chain, ConstBytes entry_header) {
    return XXH64(entry_header.data(), kEntryHeaderBytes, chain);
}

std::string segment_name(std::uint64_t first_sequence) {
    return fmt::format("{:020}{}", first_sequence, kSegmentSuffix);
}

std::uint64_t segment_first_sequence(std::string_view name) {
    if (name.size() != kSequenceDigits + kSegmentSuffix.size() || !name.ends_with(kSegmentSuffix)) {
        return 0;
    }
    const char* end = name.data() + kSequenceDigits;
    std::uint64_t sequence = 0;
    const auto [stopped, error] = std::from_chars(name.data(), end, sequence);
    return error == std::errc() && stopped == end ? sequence : 0;
}

}  // namespace cellmon::journal
