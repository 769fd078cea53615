#include "journal/id_run.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/crc32c.hpp"

namespace cellmon::journal {
namespace {

constexpr std::string_view kMagic = "CMONIDS1";
constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kBlockHeadBytes = 8;  // CRC of the rest, then the number of entries.
constexpr std::size_t kEntriesPerBlock = (kBlockBytes - kBlockHeadBytes) / sizeof(IdEntry);
constexpr std::size_t kWriteBytes = 256U << 10U;

struct Header {
    std::array<char, 8> magic{};
    std::uint64_t count = 0;
    std::uint64_t blocks = 0;
    std::uint64_t filter_bytes = 0;
    std::uint32_t tail_crc = 0;
    std::uint32_t crc = 0;  // Of everything before it.
};
constexpr std::size_t kHeaderCrcFrom = offsetof(Header, crc);

std::uint64_t prefix_of(const Id128& id) {
    std::uint64_t value = 0;
    std::memcpy(&value, id.bytes.data(), sizeof(value));
    return __builtin_bswap64(value);
}

template <typename T>
ConstBytes bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

Error damaged(const std::string& path, std::string_view what) {
    return {ErrorCode::corrupt, fmt::format("{}: {} does not match its checksum", path, what)};
}

}  // namespace

IdRunWriter::IdRunWriter(std::unique_ptr<io::File> file, std::uint64_t expected_count)
    : file_(std::move(file)), filter_(expected_count), offset_(kBlockBytes) {
    block_.reserve(kEntriesPerBlock);
    index_.reserve(expected_count / kEntriesPerBlock + 1);
}

Result<IdRunWriter> IdRunWriter::create(io::FileSystem& files, const std::string& path,
                                        std::uint64_t expected_count) {
    CELLMON_TRY_ASSIGN(auto file, files.open(path, io::OpenMode::create));
    return IdRunWriter(std::move(file), expected_count);
}

Result<void> IdRunWriter::add(const IdEntry& entry) {
    filter_.insert(hash_of(entry.id));
    block_.push_back(entry);
    ++count_;
    return block_.size() == kEntriesPerBlock ? write_block() : Result<void>{};
}

Result<void> IdRunWriter::write_block() {
    std::array<std::byte, kBlockBytes> bytes{};
    const auto entries = static_cast<std::uint32_t>(block_.size());
    std::memcpy(bytes.data() + sizeof(std::uint32_t), &entries, sizeof(entries));
    std::memcpy(bytes.data() + kBlockHeadBytes, block_.data(), block_.size() * sizeof(IdEntry));
    const std::uint32_t crc = crc32c(ConstBytes(bytes).subspan(sizeof(std::uint32_t)));
    std::memcpy(bytes.data(), &crc, sizeof(crc));
    index_.push_back(prefix_of(block_.front().id));
    block_.clear();
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return buffer_.size() >= kWriteBytes ? flush() : Result<void>{};
}

Result<void> IdRunWriter::flush() {
    CELLMON_TRY(file_->write_at(offset_, buffer_));
    offset_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<void> IdRunWriter::finish() {
    if (!block_.empty()) CELLMON_TRY(write_block());
    if (!buffer_.empty()) CELLMON_TRY(flush());
    const ConstBytes index = std::as_bytes(std::span(index_));
    CELLMON_TRY(file_->write_at(offset_, index));
    CELLMON_TRY(file_->write_at(offset_ + index.size(), filter_.bytes()));
    Header header;
    std::memcpy(header.magic.data(), kMagic.data(), kMagic.size());
    header.count = count_;
    header.blocks = index_.size();
    header.filter_bytes = filter_.bytes().size();
    header.tail_crc = crc32c(filter_.bytes(), crc32c(index));
    header.crc = crc32c(bytes_of(header).first(kHeaderCrcFrom));
    CELLMON_TRY(file_->write_at(0, bytes_of(header)));
    return file_->sync();
}

Result<std::shared_ptr<const IdRun>> IdRun::open(io::FileSystem& files, const std::string& path) {
    const std::shared_ptr<IdRun> run(new IdRun());
    run->path_ = path;
    CELLMON_TRY_ASSIGN(run->file_, files.open(path, io::OpenMode::read));
    CELLMON_TRY_ASSIGN(const std::uint64_t size, run->file_->size());
    Header header;
    CELLMON_TRY_ASSIGN(const std::size_t got,
                       run->file_->read_at(0, std::as_writable_bytes(std::span(&header, 1))));
    const std::uint64_t tail_at = (header.blocks + 1) * kBlockBytes;
    if (got < sizeof(header) ||
        std::memcmp(header.magic.data(), kMagic.data(), kMagic.size()) != 0 ||
        header.crc != crc32c(bytes_of(header).first(kHeaderCrcFrom)) ||
        tail_at + header.blocks * sizeof(std::uint64_t) + header.filter_bytes != size) {
        return fail(damaged(path, "the header"));
    }
    run->count_ = header.count;
    run->checksum_ = std::uint64_t{header.tail_crc} << 32U | header.crc;
    run->index_.resize(header.blocks);
    const auto index = std::as_writable_bytes(std::span(run->index_));
    CELLMON_TRY_ASSIGN(const std::size_t index_got, run->file_->read_at(tail_at, index));
    std::vector<std::byte> filter(header.filter_bytes);
    CELLMON_TRY_ASSIGN(const std::size_t filter_got,
                       run->file_->read_at(tail_at + index.size(), filter));
    if (index_got < index.size() || filter_got < filter.size() ||
        header.tail_crc != crc32c(filter, crc32c(index))) {
        return fail(damaged(path, "the filter"));
    }
    run->filter_.emplace(std::span<const std::byte>(filter));
    return std::shared_ptr<const IdRun>(run);
}

Result<void> IdRun::read_block(std::uint64_t block, std::vector<IdEntry>& into) const {
    std::array<std::byte, kBlockBytes> bytes{};
    CELLMON_TRY_ASSIGN(const std::size_t got, file_->read_at((block + 1) * kBlockBytes, bytes));
    std::uint32_t crc = 0;
    std::uint32_t entries = 0;
    std::memcpy(&crc, bytes.data(), sizeof(crc));
    std::memcpy(&entries, bytes.data() + sizeof(crc), sizeof(entries));
    if (got < bytes.size() || crc != crc32c(ConstBytes(bytes).subspan(sizeof(crc))) ||
        entries > kEntriesPerBlock) {
        return fail(damaged(path_, fmt::format("block {}", block)));
    }
    into.resize(entries);
    std::memcpy(into.data(), bytes.data() + kBlockHeadBytes, entries * sizeof(IdEntry));
    return {};
}

Result<std::optional<IdEntry>> IdRun::find(const Id128& id) const {
    // Several blocks may begin with the same eight bytes; the id is in one of those, or in the
    // block before them.
    const std::uint64_t prefix = prefix_of(id);
    const auto first = std::lower_bound(index_.begin(), index_.end(), prefix);
    auto block = static_cast<std::uint64_t>(first - index_.begin());
    if (block > 0) --block;
    std::vector<IdEntry> entries;
    for (; block < index_.size() && index_[block] <= prefix; ++block) {
        CELLMON_TRY(read_block(block, entries));
        const auto found =
            std::lower_bound(entries.begin(), entries.end(), id,
                             [](const IdEntry& entry, const Id128& key) { return entry.id < key; });
        if (found != entries.end() && found->id == id) return *found;
    }
    return std::nullopt;
}

}  // namespace cellmon::journal
