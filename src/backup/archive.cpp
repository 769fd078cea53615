#include "backup/archive.hpp"

#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/crc32c.hpp"

namespace cellmon::backup {
namespace {

constexpr std::uint64_t kMostManifestBytes = 64U << 20U;
constexpr std::size_t kTrailerCrcAt = 28;

/// Nothing is done with what is read: to read it again is the point.
Result<void> ignore_bytes(std::span<const std::byte> /*bytes*/) {
    return {};
}

class ArchiveWriter final : public BackupWriter {
  public:
    ArchiveWriter(io::FileSystem& files, std::string path, NewKey key)
        : files_(files),
          path_(std::move(path)),
          partial_(path_ + std::string(kPartialSuffix)),
          key_(std::move(key)) {}
    ~ArchiveWriter() override {
        file_.reset();
        if (!done_) static_cast<void>(files_.remove(partial_));
    }
    ArchiveWriter(const ArchiveWriter&) = delete;
    ArchiveWriter& operator=(const ArchiveWriter&) = delete;

    Result<void> begin() {
        CELLMON_TRY_ASSIGN(file_, files_.open(partial_, io::OpenMode::create));
        std::array<std::byte, kArchiveHeaderBytes> header{};
        std::memcpy(header.data(), kArchiveMagic.data(), kArchiveMagic.size());
        header[kArchiveMagic.size()] = std::byte{kFormatVersion};
        at_ = header.size();
        return file_->write_at(0, header);
    }

    [[nodiscard]] std::optional<PartEntry> earlier(const std::string& /*name*/) const override {
        return std::nullopt;
    }

    Result<PartEntry> add(const std::string& name, const Produce& produce) override {
        PartEntry entry;
        entry.name = name;
        entry.offset = at_;
        CELLMON_TRY_ASSIGN(auto writer, PartWriter::begin(*file_, at_, name, key()));
        CELLMON_TRY(produce(writer));
        CELLMON_TRY_ASSIGN(entry.size, writer.finish());
        at_ += entry.size.stored_bytes;
        CELLMON_TRY(
            read_part(files_, {partial_, entry.offset, name, entry.size}, key(), ignore_bytes));
        return entry;
    }

    Result<void> commit(Manifest manifest) override {
        manifest.key = key_.settings;
        const std::string text = text_of(manifest, key());
        CELLMON_TRY(file_->write_at(at_, std::as_bytes(std::span(text.data(), text.size()))));
        std::array<std::byte, kTrailerBytes> trailer{};
        const std::uint64_t size = text.size();
        std::memcpy(trailer.data(), kTrailerMagic.data(), kTrailerMagic.size());
        std::memcpy(trailer.data() + 8, &at_, sizeof at_);
        std::memcpy(trailer.data() + 16, &size, sizeof size);
        const std::uint32_t crc = crc32c(std::span(trailer).first(kTrailerCrcAt));
        std::memcpy(trailer.data() + kTrailerCrcAt, &crc, sizeof crc);
        CELLMON_TRY(file_->write_at(at_ + text.size(), trailer));
        CELLMON_TRY(file_->sync());
        CELLMON_TRY(files_.rename(partial_, path_));
        done_ = true;
        return files_.sync_directory(io::directory_of(path_));
    }

  private:
    [[nodiscard]] const Key* key() const { return key_.key ? &*key_.key : nullptr; }

    io::FileSystem& files_;
    const std::string path_;
    const std::string partial_;
    NewKey key_;
    std::unique_ptr<io::File> file_;
    std::uint64_t at_ = 0;
    bool done_ = false;
};

}  // namespace

Result<std::string> archived_manifest(io::FileSystem& files, const std::string& path) {
    CELLMON_TRY_ASSIGN(const auto file, files.open(path, io::OpenMode::read));
    CELLMON_TRY_ASSIGN(const std::uint64_t size, file->size());
    const auto damaged = [&](std::string_view what) {
        return fail(ErrorCode::corrupt, fmt::format("{} {}", path, what));
    };
    std::array<std::byte, kArchiveHeaderBytes> header{};
    CELLMON_TRY_ASSIGN(const std::size_t head, file->read_at(0, header));
    if (head < header.size() ||
        std::memcmp(header.data(), kArchiveMagic.data(), kArchiveMagic.size()) != 0) {
        return damaged("is no backup of this program");
    }
    if (header[kArchiveMagic.size()] != std::byte{kFormatVersion}) {
        return fail(ErrorCode::newer_format,
                    fmt::format("{} was made by a newer program: use that one", path));
    }
    std::array<std::byte, kTrailerBytes> trailer{};
    constexpr std::string_view kCut = "is cut short: its end, which leads to all else, is missing";
    if (size < header.size() + trailer.size()) return damaged(kCut);
    CELLMON_TRY_ASSIGN(const std::size_t tail, file->read_at(size - trailer.size(), trailer));
    std::uint64_t at = 0;
    std::uint64_t length = 0;
    std::uint32_t crc = 0;
    std::memcpy(&at, trailer.data() + 8, sizeof at);
    std::memcpy(&length, trailer.data() + 16, sizeof length);
    std::memcpy(&crc, trailer.data() + kTrailerCrcAt, sizeof crc);
    if (tail < trailer.size() ||
        std::memcmp(trailer.data(), kTrailerMagic.data(), kTrailerMagic.size()) != 0 ||
        crc != crc32c(std::span(trailer).first(kTrailerCrcAt)) || length > kMostManifestBytes ||
        length > size || at != size - trailer.size() - length) {
        return damaged(kCut);
    }
    std::string text(length, '\0');
    CELLMON_TRY_ASSIGN(
        const std::size_t got,
        file->read_at(at, std::as_writable_bytes(std::span(text.data(), text.size()))));
    if (got < text.size()) return damaged(kCut);
    return text;
}

Result<std::unique_ptr<BackupWriter>> open_archive_writer(io::FileSystem& files,
                                                          const std::string& path,
                                                          std::string_view password,
                                                          RandomSource& random) {
    CELLMON_TRY_ASSIGN(const bool taken, files.exists(path));
    if (taken) {
        return fail(ErrorCode::already_exists,
                    fmt::format("{} exists already; choose another name", path));
    }
    CELLMON_TRY(files.make_directories(io::directory_of(path)));
    CELLMON_TRY_ASSIGN(auto key, make_key(password, random));
    auto writer = std::make_unique<ArchiveWriter>(files, path, std::move(key));
    CELLMON_TRY(writer->begin());
    return writer;
}

}  // namespace cellmon::backup
