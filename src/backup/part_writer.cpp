#include <array>
#include <cstring>
#include <utility>

#include <sodium.h>
#include <zstd.h>

#include "backup/part.hpp"
#include "backup/part_format.hpp"
#include "base/assert.hpp"
#include "base/crc32c.hpp"

namespace cellmon::backup {
namespace {

/// So that the disk is not asked for all of it at once, while the journal waits for it, too.
constexpr std::uint64_t kSyncBytes = 8U << 20U;

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

void put_u32(std::byte* into, std::uint32_t value) {
    std::memcpy(into, &value, sizeof value);
}

}  // namespace

struct PartWriter::State {
    io::File* file = nullptr;
    std::uint64_t at = 0;
    std::uint64_t unsynced = 0;
    std::string name;
    bool encrypted = false;
    crypto_secretstream_xchacha20poly1305_state stream{};
    bool first_frame = true;
    std::unique_ptr<ZSTD_CCtx, FreeCompressor> zstd;
    std::vector<std::byte> packed = std::vector<std::byte>(kFrameBytes);
    std::size_t packed_bytes = 0;
    std::vector<std::byte> frame;
    PartSize size;
    Digester stored;
    Digester content;

    ~State() { sodium_memzero(&stream, sizeof stream); }

    Result<void> put(std::span<const std::byte> bytes) {
        CELLMON_TRY(file->write_at(at, bytes));
        at += bytes.size();
        unsynced += bytes.size();
        size.stored_bytes += bytes.size();
        stored.add(bytes);
        if (unsynced < kSyncBytes) return {};
        unsynced = 0;
        return file->sync();
    }
};

PartWriter::PartWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
PartWriter::~PartWriter() = default;
PartWriter::PartWriter(PartWriter&&) noexcept = default;

Result<PartWriter> PartWriter::begin(io::File& file, std::uint64_t offset, std::string_view name,
                                     const Key* key) {
    prepare_sodium();
    auto state = std::make_unique<State>();
    state->file = &file;
    state->at = offset;
    state->name = name;
    state->encrypted = key != nullptr;
    state->zstd.reset(ZSTD_createCCtx());
    CELLMON_ASSERT(state->zstd != nullptr);
    ZSTD_CCtx_setParameter(state->zstd.get(), ZSTD_c_checksumFlag, 1);

    std::array<std::byte, kPartHeaderBytes> header{};
    std::memcpy(header.data(), kPartMagic.data(), kPartMagic.size());
    put_u32(header.data() + kPartMagic.size(), kPartVersion);
    put_u32(header.data() + kPartFlagsAt, key == nullptr ? 0 : kPartEncrypted);
    if (key != nullptr) {
        static_assert(kPartStreamAt + crypto_secretstream_xchacha20poly1305_HEADERBYTES <=
                      kPartCrcAt);
        crypto_secretstream_xchacha20poly1305_init_push(
            &state->stream, reinterpret_cast<unsigned char*>(header.data() + kPartStreamAt),
            key->parts.data());
    }
    put_u32(header.data() + kPartCrcAt, crc32c(std::span(header).first(kPartCrcAt)));
    CELLMON_TRY(state->put(header));
    return PartWriter(std::move(state));
}

Result<void> PartWriter::write(std::span<const std::byte> bytes) {
    state_->size.bytes += bytes.size();
    state_->content.add(bytes);
    return pack(bytes, false);
}

Result<void> PartWriter::pack(std::span<const std::byte> bytes, bool last) {
    State& state = *state_;
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
        ZSTD_outBuffer out{state.packed.data(), state.packed.size(), state.packed_bytes};
        const std::size_t left =
            ZSTD_compressStream2(state.zstd.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        CELLMON_ASSERT(ZSTD_isError(left) == 0);
        state.packed_bytes = out.pos;
        const bool done = last ? left == 0 : in.pos == in.size;
        if (done) return last ? put_frame(true) : Result<void>();
        if (state.packed_bytes == state.packed.size()) CELLMON_TRY(put_frame(false));
    }
}

Result<void> PartWriter::put_frame(bool last) {
    State& state = *state_;
    const auto plain = std::span(state.packed).first(state.packed_bytes);
    const std::size_t more =
        state.encrypted ? crypto_secretstream_xchacha20poly1305_ABYTES : std::size_t{0};
    state.frame.resize(kFrameHeaderBytes + plain.size() + more);
    std::byte* const body = state.frame.data() + kFrameHeaderBytes;
    if (state.encrypted) {
        // The part's name is bound to its first frame, and with it to all that follow.
        const std::string_view bound = state.first_frame ? state.name : std::string_view();
        crypto_secretstream_xchacha20poly1305_push(
            &state.stream, reinterpret_cast<unsigned char*>(body), nullptr,
            reinterpret_cast<const unsigned char*>(plain.data()), plain.size(),
            reinterpret_cast<const unsigned char*>(bound.data()), bound.size(),
            last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
    } else {
        std::memcpy(body, plain.data(), plain.size());
    }
    const auto size = static_cast<std::uint32_t>(plain.size() + more);
    put_u32(state.frame.data(), last ? size | kLastFrame : size);
    put_u32(state.frame.data() + sizeof size, crc32c(std::span(body, size)));
    state.first_frame = false;
    state.packed_bytes = 0;
    return state.put(state.frame);
}

Result<PartSize> PartWriter::finish() {
    CELLMON_TRY(pack({}, true));
    CELLMON_TRY(state_->file->sync());
    state_->size.stored = state_->stored.finish();
    state_->size.content = state_->content.finish();
    return state_->size;
}

}  // namespace cellmon::backup
