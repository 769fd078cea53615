#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sodium.h>
#include <zstd.h>

#include "backup/part.hpp"
#include "backup/part_format.hpp"
#include "base/assert.hpp"
#include "base/crc32c.hpp"

namespace cellmon::backup {
namespace {

struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::uint32_t get_u32(const std::byte* from) {
    std::uint32_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
}

class PartReader {
  public:
    PartReader(io::File& file, const StoredPart& part, const Key* key, const ByteSink& sink)
        : file_(file), part_(part), key_(key), sink_(sink) {
        zstd_.reset(ZSTD_createDCtx());
        CELLMON_ASSERT(zstd_ != nullptr);
    }
    ~PartReader() { sodium_memzero(&stream_, sizeof stream_); }
    PartReader(const PartReader&) = delete;
    PartReader& operator=(const PartReader&) = delete;

    Result<void> run() {
        CELLMON_TRY(read_header());
        bool last = false;
        while (!last) {
            CELLMON_TRY_ASSIGN(last, read_frame());
        }
        if (read_ != part_.size.stored_bytes || stored_.finish() != part_.size.stored) {
            return damaged("is not what was written");
        }
        if (!stream_ended_ || bytes_ != part_.size.bytes ||
            content_.finish() != part_.size.content) {
            return damaged("does not hold what it was given");
        }
        return {};
    }

  private:
    [[nodiscard]] tl::unexpected<Error> damaged(std::string_view what) const {
        return fail(ErrorCode::corrupt,
                    fmt::format("{} {} (part {}, at byte {}): the backup is damaged", part_.path,
                                what, part_.name, part_.offset + read_));
    }

    /// Never beyond what the manifest says the part has.
    Result<void> take(std::span<std::byte> into) {
        if (into.size() > part_.size.stored_bytes - read_) return damaged("is cut short");
        CELLMON_TRY_ASSIGN(const std::size_t got, file_.read_at(part_.offset + read_, into));
        if (got < into.size()) return damaged("is cut short");
        stored_.add(into);
        read_ += got;
        return {};
    }

    Result<void> read_header() {
        std::array<std::byte, kPartHeaderBytes> header{};
        CELLMON_TRY(take(header));
        if (std::memcmp(header.data(), kPartMagic.data(), kPartMagic.size()) != 0 ||
            get_u32(header.data() + kPartCrcAt) != crc32c(std::span(header).first(kPartCrcAt))) {
            return damaged("has no valid header");
        }
        if (get_u32(header.data() + kPartMagic.size()) != kPartVersion) {
            return fail(ErrorCode::newer_format,
                        fmt::format("{} is of a version that this program does not read: use a "
                                    "newer one",
                                    part_.path));
        }
        encrypted_ = (get_u32(header.data() + kPartFlagsAt) & kPartEncrypted) != 0;
        if (encrypted_ != (key_ != nullptr)) {
            return damaged(encrypted_ ? "is encrypted, and its manifest says that it is not"
                                      : "is not encrypted, and its manifest says that it is");
        }
        if (encrypted_ &&
            crypto_secretstream_xchacha20poly1305_init_pull(
                &stream_, reinterpret_cast<const unsigned char*>(header.data() + kPartStreamAt),
                key_->parts.data()) != 0) {
            return damaged("cannot be decrypted");
        }
        return {};
    }

    Result<bool> read_frame() {
        std::array<std::byte, kFrameHeaderBytes> header{};
        CELLMON_TRY(take(header));
        const std::uint32_t word = get_u32(header.data());
        const bool last = (word & kLastFrame) != 0;
        const std::size_t size = word & ~kLastFrame;
        if (size > kFrameBytes + crypto_secretstream_xchacha20poly1305_ABYTES) {
            return damaged("holds a frame that is too long");
        }
        frame_.resize(size);
        CELLMON_TRY(take(frame_));
        if (crc32c(frame_) != get_u32(header.data() + sizeof word)) {
            return damaged("does not match its checksum");
        }
        if (encrypted_) CELLMON_TRY(decrypt(last));
        CELLMON_TRY(unpack());
        return last;
    }

    Result<void> decrypt(bool last) {
        if (frame_.size() < crypto_secretstream_xchacha20poly1305_ABYTES) {
            return damaged("holds a frame that is too short");
        }
        plain_.resize(frame_.size() - crypto_secretstream_xchacha20poly1305_ABYTES);
        const std::string_view bound =
            std::exchange(first_frame_, false) ? std::string_view(part_.name) : std::string_view();
        unsigned char tag = 0;
        const int code = crypto_secretstream_xchacha20poly1305_pull(
            &stream_, reinterpret_cast<unsigned char*>(plain_.data()), nullptr, &tag,
            reinterpret_cast<const unsigned char*>(frame_.data()), frame_.size(),
            reinterpret_cast<const unsigned char*>(bound.data()), bound.size());
        const bool is_final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
        if (code != 0 || is_final != last) return damaged("cannot be decrypted");
        std::swap(frame_, plain_);
        return {};
    }

    Result<void> unpack() {
        ZSTD_inBuffer in{frame_.data(), frame_.size(), 0};
        bool more = in.size > 0;
        while (more) {
            ZSTD_outBuffer out{unpacked_.data(), unpacked_.size(), 0};
            const std::size_t left = ZSTD_decompressStream(zstd_.get(), &out, &in);
            if (ZSTD_isError(left) != 0) return damaged("cannot be unpacked");
            const auto content = std::span<const std::byte>(unpacked_).first(out.pos);
            bytes_ += content.size();
            // What unpacks to more than was packed is nobody's backup.
            if (bytes_ > part_.size.bytes) return damaged("holds more than it was given");
            content_.add(content);
            CELLMON_TRY(sink_(content));
            stream_ended_ = left == 0;
            more = in.pos < in.size || out.pos == unpacked_.size();
            if (stream_ended_ && in.pos == in.size) more = false;
        }
        return {};
    }

    io::File& file_;
    const StoredPart& part_;
    const Key* key_;
    const ByteSink& sink_;
    std::uint64_t read_ = 0;
    std::uint64_t bytes_ = 0;
    bool encrypted_ = false;
    bool first_frame_ = true;
    bool stream_ended_ = false;
    crypto_secretstream_xchacha20poly1305_state stream_{};
    std::unique_ptr<ZSTD_DCtx, FreeDecompressor> zstd_;
    std::vector<std::byte> frame_;
    std::vector<std::byte> plain_;
    std::vector<std::byte> unpacked_ = std::vector<std::byte>(kFrameBytes);
    Digester stored_;
    Digester content_;
};

Result<std::unique_ptr<io::File>> open_part(io::FileSystem& files, const StoredPart& part) {
    auto file = files.open(part.path, io::OpenMode::read);
    if (!file && file.error().code == ErrorCode::not_found) {
        return fail(ErrorCode::corrupt,
                    fmt::format("{} is missing: the backup is not whole", part.path));
    }
    return file;
}

}  // namespace

Result<void> read_part(io::FileSystem& files, const StoredPart& part, const Key* key,
                       const ByteSink& sink) {
    CELLMON_TRY_ASSIGN(const auto file, open_part(files, part));
    PartReader reader(*file, part, key, sink);
    return reader.run();
}

Result<void> check_part(io::FileSystem& files, const StoredPart& part) {
    CELLMON_TRY_ASSIGN(const auto file, open_part(files, part));
    std::vector<std::byte> buffer(kFrameBytes);
    Digester digest;
    for (std::uint64_t at = 0; at < part.size.stored_bytes;) {
        const auto step = std::min<std::uint64_t>(buffer.size(), part.size.stored_bytes - at);
        const auto piece = std::span(buffer).first(step);
        CELLMON_TRY_ASSIGN(const std::size_t got, file->read_at(part.offset + at, piece));
        if (got < step) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{} is cut short: the backup is damaged", part.path));
        }
        digest.add(piece);
        at += step;
    }
    if (digest.finish() == part.size.stored) return {};
    return fail(ErrorCode::corrupt, fmt::format("{} is not what was written (part {}): the backup "
                                                "is damaged",
                                                part.path, part.name));
}

}  // namespace cellmon::backup
