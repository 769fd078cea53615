#include "harness/audit/journal_segment.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/crc32c.hpp"
#include "harness/audit/little_endian.hpp"

namespace cellmon::harness {
namespace {

// Sizes and places as docs/formats/journal.md gives them.
constexpr std::uint64_t kHeaderBytes = 64;
constexpr std::uint64_t kFooterBytes = 64;
constexpr std::uint64_t kRecordHeaderBytes = 64;
constexpr std::uint64_t kEntryHeaderBytes = 56;
constexpr std::uint64_t kAlignment = 8;
constexpr std::uint32_t kWholeVersion = 1;
constexpr std::uint32_t kRemovedVersion = 2;  // Without payloads.

}  // namespace

SegmentScan::SegmentScan(std::string_view bytes, bool last_segment, const Redactions& redactions,
                         JournalPosition& position)
    : bytes_(bytes), last_segment_(last_segment), redactions_(redactions), position_(position) {}

Result<void> SegmentScan::check_header() {
    if (bytes_.size() < kHeaderBytes)
        return fail(ErrorCode::corrupt, "shorter than a segment header");
    if (!bytes_.starts_with("CMONSEG1")) return fail(ErrorCode::corrupt, "no segment header");
    if (u32_at(bytes_, 60) != crc32c(bytes_.substr(0, 60)))
        return fail(ErrorCode::corrupt, "bad CRC of the header");
    const std::uint32_t version = u32_at(bytes_, 8);
    if (version > kRemovedVersion) return fail(ErrorCode::newer_format, "a newer format version");
    if (version < kWholeVersion || u32_at(bytes_, 12) != 0)
        return fail(ErrorCode::corrupt, "bad version");
    payloads_removed_ = version == kRemovedVersion;
    Id128 id;
    std::memcpy(id.bytes.data(), bytes_.data() + 16, id.bytes.size());
    if (id != position_.journal_id)
        return fail(ErrorCode::corrupt, "the segment belongs to another journal");
    first_sequence_ = u64_at(bytes_, 40);
    if (first_sequence_ != position_.next_sequence) {
        return fail(ErrorCode::corrupt, fmt::format("begins with sequence {} where {} must follow",
                                                    first_sequence_, position_.next_sequence));
    }
    if (u64_at(bytes_, 48) != position_.chain)
        return fail(ErrorCode::corrupt, "the chain does not continue");
    salt_ = u32_at(bytes_, 56);
    return {};
}

bool SegmentScan::read_footer() {
    if (bytes_.size() < kHeaderBytes + kFooterBytes) return false;
    const std::uint64_t offset = bytes_.size() - kFooterBytes;
    const auto footer = bytes_.substr(offset);
    return footer.starts_with("CMONEND1") &&
           u32_at(footer, 60) == crc32c(footer.substr(0, 60), salt_) &&
           u32_at(footer, 52) == salt_ && u64_at(footer, 32) == offset;
}

bool SegmentScan::header_checks(std::uint64_t offset, std::uint64_t end, Record& record) const {
    if (offset + kRecordHeaderBytes > end || bytes_.substr(offset, 4) != "CMG1") return false;
    record.bytes = u64_at(bytes_, offset + 8);
    record.first_sequence = u64_at(bytes_, offset + 16);
    record.count = u32_at(bytes_, offset + 24);
    record.chain_after = u64_at(bytes_, offset + 48);
    if (record.bytes > end - offset || record.bytes % kAlignment != 0 || record.count == 0)
        return false;
    const std::uint64_t heads =
        kRecordHeaderBytes + kEntryHeaderBytes * std::uint64_t{record.count};
    if (heads > record.bytes) return false;
    return u32_at(bytes_, offset + 4) == crc32c(bytes_.substr(offset + 8, heads - 8), salt_);
}

bool SegmentScan::may_be_blank(std::uint64_t sequence) const {
    return std::any_of(redactions_.begin(), redactions_.end(), [&](const auto& range) {
        return range.first <= sequence && sequence <= range.second;
    });
}

std::string SegmentScan::check_record(std::uint64_t offset, std::uint64_t end, Record& record,
                                      std::vector<StoredEntry>& entries) const {
    if (!header_checks(offset, end, record)) return "no valid record header";
    if (record.first_sequence != position_.next_sequence) {
        return fmt::format("the record begins with sequence {} where {} must follow",
                           record.first_sequence, position_.next_sequence);
    }
    if (u64_at(bytes_, offset + 40) != position_.chain)
        return "the record's chain does not continue";
    if (u32_at(bytes_, offset + 28) != 0 || u64_at(bytes_, offset + 56) != 0)
        return "reserved bytes are set";
    std::uint64_t chain = position_.chain;
    std::uint64_t payload_at =
        offset + kRecordHeaderBytes + kEntryHeaderBytes * std::uint64_t{record.count};
    const std::uint64_t record_end = offset + record.bytes;
    for (std::uint32_t i = 0; i < record.count; ++i) {
        const auto head =
            bytes_.substr(offset + kRecordHeaderBytes + kEntryHeaderBytes * i, kEntryHeaderBytes);
        StoredEntry& entry = entries.emplace_back();
        entry.sequence = u64_at(head, 32);
        if (entry.sequence != record.first_sequence + i)
            return fmt::format("entry {} has sequence {}", i, entry.sequence);
        std::memcpy(entry.id.bytes.data(), head.data(), entry.id.bytes.size());
        entry.content_hash = u64_at(head, 16);
        entry.received_us = static_cast<TimeUs>(u64_at(head, 24));
        entry.kind = u16_at(head, 48);
        chain = XXH64(head.data(), head.size(), chain);
        if (entry.kind < 1 || entry.kind > 3 || u16_at(head, 50) != 0)
            return "an entry of an unknown kind or encoding";
        if (payloads_removed_) {
            entry.removed = true;
            continue;
        }
        const std::uint64_t length = u32_at(head, 40);
        if (length > record_end - payload_at) return "payloads are longer than the record";
        entry.payload = bytes_.substr(payload_at, length);
        if (crc32c(entry.payload) != u32_at(head, 44)) {
            if (!may_be_blank(entry.sequence))
                return fmt::format("bad CRC of the payload of sequence {}", entry.sequence);
            entry.blanked = true;
            entry.payload = {};
        }
        payload_at += length;
    }
    if (chain != record.chain_after)
        return "the chain after the record is not the chain of its entries";
    const auto padding = bytes_.substr(payload_at, record_end - payload_at);
    if (padding.size() >= kAlignment || padding.find_first_not_of('\0') != std::string_view::npos) {
        return "the record is not filled up with zeros";
    }
    return {};
}

bool SegmentScan::valid_record_behind(std::uint64_t offset) const {
    Record record;
    for (std::uint64_t at = offset + kAlignment; at + kRecordHeaderBytes <= bytes_.size();
         at += kAlignment) {
        if (header_checks(at, bytes_.size(), record) &&
            record.first_sequence > position_.next_sequence)
            return true;
    }
    return false;
}

Result<void> SegmentScan::run(const std::function<void(const StoredEntry&)>& visit) {
    CELLMON_TRY(check_header());
    sealed_ = read_footer();
    if (!sealed_ && !last_segment_)
        return fail(ErrorCode::corrupt, "not the last segment, and without a valid footer");
    const std::uint64_t end = sealed_ ? bytes_.size() - kFooterBytes : bytes_.size();
    std::uint64_t offset = kHeaderBytes;
    std::uint64_t records = 0;
    std::vector<StoredEntry> entries;
    while (offset < end) {
        Record record;
        entries.clear();
        const std::string fault = check_record(offset, end, record, entries);
        if (!fault.empty()) {
            if (sealed_ || valid_record_behind(offset)) {
                return fail(ErrorCode::corrupt, fmt::format("at offset {}: {}", offset, fault));
            }
            return {};  // The torn or empty tail of the unsealed segment.
        }
        for (const auto& entry : entries)
            visit(entry);
        position_.next_sequence += record.count;
        position_.chain = record.chain_after;
        offset += record.bytes;
        ++records;
    }
    if (!sealed_) return {};
    const auto footer = bytes_.substr(end);
    if (u64_at(footer, 8) != first_sequence_ || u64_at(footer, 16) != position_.next_sequence - 1 ||
        u64_at(footer, 24) != position_.chain || u64_at(footer, 40) != records) {
        return fail(ErrorCode::corrupt, "the footer does not fit the records");
    }
    return {};
}

}  // namespace cellmon::harness
