// Any bytes behind a segment's header: no crash, no memory beyond the file's size, and whatever the
// reader hands out continues in sequence and chain. The first byte says which checksums are put
// right first, so that the search gets behind them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "base/crc32c.hpp"
#include "io/faulty_file_system.hpp"
#include "journal/checked_text.hpp"
#include "journal/commit_log.hpp"
#include "journal/reader.hpp"

namespace {

using namespace cellmon;
using namespace cellmon::journal;

const std::string kFolder = "/journal";
constexpr std::uint32_t kSalt = 7;
constexpr std::uint8_t kMendRecords = 1;   // CRC, chain, sequences.
constexpr std::uint8_t kMendPayloads = 2;  // The CRC of each payload.
constexpr std::uint8_t kMendFooter = 4;
constexpr std::uint8_t kRedactAll = 8;
constexpr std::uint8_t kOwnHeader = 16;  // The input's first 64 bytes are the header.

class FixedClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return 1; }
    [[nodiscard]] std::int64_t steady_us() const override { return 1; }
};

/// Makes the records that have a plausible length believable.
void mend_records(Bytes file, std::uint8_t mode) {
    std::uint64_t sequence = 1;
    std::uint64_t chain = 0;
    for (std::size_t at = kSegmentHeaderBytes; at + kRecordHeaderBytes <= file.size();) {
        RecordHeader header;
        if (!decode_unchecked(file.subspan(at), header)) return;
        const std::size_t head_bytes = record_head_bytes(header.count);
        if (header.total_bytes > file.size() - at || head_bytes > file.size() - at) return;
        header.first_sequence = sequence;
        header.chain_before = chain;
        std::size_t payload_at = at + head_bytes;
        for (std::size_t i = 0; i < header.count; ++i) {
            const Bytes bytes = file.subspan(at + record_head_bytes(i), kEntryHeaderBytes);
            EntryHeader entry;
            decode(bytes, entry);
            entry.sequence = sequence++;
            const std::size_t left = file.size() - std::min(payload_at, file.size());
            if ((mode & kMendPayloads) != 0 && entry.payload_bytes <= left) {
                entry.payload_crc =
                    crc32c(ConstBytes(file).subspan(payload_at, entry.payload_bytes));
            }
            payload_at += entry.payload_bytes;
            encode(entry, bytes);
            chain = chain_next(chain, bytes);
        }
        header.chain_after = chain;
        encode(header, file.subspan(at, kRecordHeaderBytes));
        seal_record(file.subspan(at, head_bytes), kSalt);
        at += header.total_bytes;
    }
}

void put_file(io::FileSystem& files, const std::string& name, ConstBytes bytes) {
    const auto file = files.open(kFolder + "/" + name, io::OpenMode::create);
    CELLMON_ASSERT(file && (*file)->write_at(0, bytes));
}

void read_all(io::FileSystem& files, std::uint64_t visible, std::uint64_t from) {
    auto reader = Reader::open(files, kFolder, [visible] { return visible; });
    CELLMON_ASSERT(reader.has_value());
    if (!reader->seek_sequence(from)) return;
    std::uint64_t sequence = from;
    while (true) {
        const auto entry = reader->next();
        if (!entry || !*entry) return;
        CELLMON_ASSERT((*entry)->header.sequence == sequence++);
        CELLMON_ASSERT((*entry)->redacted ||
                       crc32c((*entry)->payload) == (*entry)->header.payload_crc);
        CELLMON_ASSERT(reader->cursor().chain == (*entry)->chain);
    }
}

/// What recovery accepts, a second recovery must accept too, with the same end.
void recover_twice(io::FileSystem& files) {
    const FixedClock clock;
    SeededRandom random(1);
    JournalLimits limits;
    limits.segment_bytes = 4096;
    Cursor end;
    {
        const auto log = CommitLog::open(files, kFolder, limits, clock, random);
        if (!log) return;
        end = (*log)->end();
    }
    const auto again = CommitLog::open(files, kFolder, limits, clock, random);
    CELLMON_ASSERT(again && (*again)->end() == end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint8_t mode = data[0];
    const Id128 journal_id = Id128::from_text("fuzz");
    std::vector<std::byte> file((mode & kOwnHeader) != 0 ? 0 : kSegmentHeaderBytes);
    const auto* input = reinterpret_cast<const std::byte*>(data + 1);
    file.insert(file.end(), input, input + (size - 1));
    if ((mode & kOwnHeader) == 0) {
        encode(SegmentHeader{journal_id, 1, 1, 0, kSalt}, Bytes(file).first(kSegmentHeaderBytes));
    }
    if ((mode & kMendRecords) != 0) mend_records(file, mode);
    if ((mode & kMendFooter) != 0 && file.size() >= kSegmentHeaderBytes + kFooterBytes) {
        const std::size_t at = file.size() - kFooterBytes;
        const std::byte last = file[at];
        encode(SegmentFooter{1, static_cast<std::uint64_t>(last), 0, at, 1}, kSalt,
               Bytes(file).subspan(at));
    }

    io::FaultyFileSystem files(1);
    CELLMON_ASSERT(files.make_directories(kFolder).has_value());
    CELLMON_ASSERT(write_identity(files, kFolder, {journal_id, 1}).has_value());
    if ((mode & kRedactAll) != 0) {
        const std::string list = with_checksum("cellmon-redactions 1\n1 18446744073709551615\n");
        put_file(files, std::string(kRedactionsFile), std::as_bytes(std::span(list)));
    }
    put_file(files, segment_name(1), file);
    read_all(files, ~std::uint64_t{0}, 1);
    read_all(files, 2, 1);
    read_all(files, ~std::uint64_t{0}, 2);
    recover_twice(files);
    return 0;
}
