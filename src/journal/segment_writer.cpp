#include "journal/segment_writer.hpp"

#include <array>

#include <fmt/format.h>

#include "base/assert.hpp"

namespace cellmon::journal {

Result<void> prepare_segment(io::FileSystem& files, const std::string& directory,
                             std::uint64_t segment_bytes) {
    const std::string path = fmt::format("{}/{}", directory, kPreparedFile);
    CELLMON_TRY_ASSIGN(auto file, files.open(path, io::OpenMode::create));
    auto prepared = file->allocate(0, segment_bytes);
    if (prepared) prepared = file->sync();
    if (!prepared) {
        // Half a file must neither be taken for a prepared one nor hold scarce space.
        file.reset();
        static_cast<void>(files.remove(path));
    }
    return prepared;
}

namespace {

/// The prepared file, made anew when it is missing or too small (a preparation that found no space
/// leaves an empty one).
Result<std::unique_ptr<io::File>> open_prepared(io::FileSystem& files, const std::string& directory,
                                                std::uint64_t segment_bytes) {
    const std::string path = fmt::format("{}/{}", directory, kPreparedFile);
    CELLMON_TRY_ASSIGN(const bool present, files.exists(path));
    if (present) {
        CELLMON_TRY_ASSIGN(auto file, files.open(path, io::OpenMode::read_write));
        CELLMON_TRY_ASSIGN(const std::uint64_t size, file->size());
        if (size >= segment_bytes) return file;
    }
    CELLMON_TRY(prepare_segment(files, directory, segment_bytes));
    return files.open(path, io::OpenMode::read_write);
}

}  // namespace

Result<SegmentWriter> SegmentWriter::begin(io::FileSystem& files, const std::string& directory,
                                           const SegmentHeader& header,
                                           std::uint64_t segment_bytes) {
    CELLMON_TRY_ASSIGN(auto file, open_prepared(files, directory, segment_bytes));
    const std::string prepared = fmt::format("{}/{}", directory, kPreparedFile);
    std::array<std::byte, kSegmentHeaderBytes> bytes{};
    encode(header, bytes);
    CELLMON_TRY(file->write_at(0, bytes));
    CELLMON_TRY(file->sync());
    CELLMON_TRY(files.rename(prepared, directory + "/" + segment_name(header.first_sequence)));
    CELLMON_TRY(files.sync_directory(directory));
    return SegmentWriter(std::move(file), header,
                         {kSegmentHeaderBytes, header.first_sequence, header.chain_before}, 0);
}

Result<SegmentWriter> SegmentWriter::resume(io::FileSystem& files, const std::string& directory,
                                            const SegmentHeader& header, const Position& end,
                                            std::uint64_t record_count) {
    CELLMON_TRY_ASSIGN(auto file, files.open(directory + "/" + segment_name(header.first_sequence),
                                             io::OpenMode::read_write));
    return SegmentWriter(std::move(file), header, end, record_count);
}

Result<void> SegmentWriter::append(ConstBytes record, const RecordHeader& header) {
    CELLMON_ASSERT(header.first_sequence == end_.next_sequence &&
                   header.chain_before == end_.chain);
    CELLMON_TRY(file_->write_at(end_.offset, record));
    CELLMON_TRY(file_->sync());
    end_ = {end_.offset + header.total_bytes, end_.next_sequence + header.count,
            header.chain_after};
    ++record_count_;
    return {};
}

Result<void> SegmentWriter::seal() {
    CELLMON_ASSERT(!empty());
    std::array<std::byte, kFooterBytes> bytes{};
    encode(SegmentFooter{header_.first_sequence, end_.next_sequence - 1, end_.chain, end_.offset,
                         record_count_},
           header_.salt, bytes);
    CELLMON_TRY(file_->write_at(end_.offset, bytes));
    CELLMON_TRY(file_->truncate(end_.offset + kFooterBytes));
    return file_->sync();
}

}  // namespace cellmon::journal
