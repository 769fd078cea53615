#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/format.hpp"
#include "journal/id_filter.hpp"
#include "journal/id_table.hpp"

namespace cellmon::journal {

/// A sorted file of ids that never changes, with a filter and a sparse index in memory (about 2.2
/// bytes an id).
///
/// Layout: a header block of 4,096 bytes; blocks of 4,096 bytes with up to 170 entries and a CRC
/// each; the first eight bytes of each block's first id; the filter. Header: "CMONIDS1", entry
/// count, block count, filter bytes, CRC of index and filter, CRC of the header. Safe for
/// concurrent find().
class IdRun {
  public:
    static Result<std::shared_ptr<const IdRun>> open(io::FileSystem& files,
                                                     const std::string& path);

    [[nodiscard]] const IdFilter& filter() const { return *filter_; }

    /// Looks on disk; ask the filter first. ErrorCode::corrupt when the block's CRC is wrong.
    Result<std::optional<IdEntry>> find(const Id128& id) const;

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Of count, index and filter: tells runs with other ids apart.
    [[nodiscard]] std::uint64_t checksum() const { return checksum_; }
    [[nodiscard]] std::uint64_t block_count() const { return index_.size(); }

    /// The entries of one block.
    Result<void> read_block(std::uint64_t block, std::vector<IdEntry>& into) const;

  private:
    IdRun() = default;

    std::string path_;
    std::unique_ptr<io::File> file_;
    std::uint64_t count_ = 0;
    std::uint64_t checksum_ = 0;
    std::vector<std::uint64_t>
        index_;  // Big-endian first eight bytes of each block's first id, as a number.
    std::optional<IdFilter> filter_;
};

/// Writes a run from ids that come in ascending order. Durable after finish().
class IdRunWriter {
  public:
    static Result<IdRunWriter> create(io::FileSystem& files, const std::string& path,
                                      std::uint64_t expected_count);
    Result<void> add(const IdEntry& entry);
    Result<void> finish();

  private:
    IdRunWriter(std::unique_ptr<io::File> file, std::uint64_t expected_count);
    Result<void> write_block();
    Result<void> flush();

    std::unique_ptr<io::File> file_;
    IdFilter filter_;
    std::vector<IdEntry> block_;
    std::vector<std::uint64_t> index_;
    std::vector<std::byte> buffer_;  // Blocks that wait to be written together.
    std::uint64_t offset_;
    std::uint64_t count_ = 0;
};

}  // namespace cellmon::journal
