#include "classroom/packed_text.hpp"

#include <memory>

#include <zstd.h>

#include "base/assert.hpp"

namespace cellmon::classroom {
namespace {

/// Larger than any body may be (classroom.body_bytes): what claims to be is none of ours.
constexpr unsigned long long kMostUnpacked = 2ULL << 30U;

struct FreePacker {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeUnpacker {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

/// One for each thread: to make one costs more than to pack a cell.
ZSTD_CCtx* packer() {
    thread_local const std::unique_ptr<ZSTD_CCtx, FreePacker> context = [] {
        std::unique_ptr<ZSTD_CCtx, FreePacker> made(ZSTD_createCCtx());
        CELLMON_ASSERT(made != nullptr);
        ZSTD_CCtx_setParameter(made.get(), ZSTD_c_compressionLevel, ZSTD_CLEVEL_DEFAULT);
        ZSTD_CCtx_setParameter(made.get(), ZSTD_c_checksumFlag, 1);
        return made;
    }();
    return context.get();
}

ZSTD_DCtx* unpacker() {
    thread_local const std::unique_ptr<ZSTD_DCtx, FreeUnpacker> context(ZSTD_createDCtx());
    CELLMON_ASSERT(context != nullptr);
    return context.get();
}

}  // namespace

std::optional<std::string> packed(std::string_view text) {
    if (text.size() < kPackFromBytes) return std::nullopt;
    // Where it does not fit, it is not worth it.
    std::string bytes(text.size() - text.size() / 8, '\0');
    const std::size_t size =
        ZSTD_compress2(packer(), bytes.data(), bytes.size(), text.data(), text.size());
    if (ZSTD_isError(size) != 0) return std::nullopt;
    bytes.resize(size);
    return bytes;
}

Result<std::string> unpacked(std::string_view bytes) {
    constexpr std::string_view kDamaged = "a packed content of a notebook is damaged";
    const auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    // The two values for unknown sizes are greater.
    if (size > kMostUnpacked) return fail(ErrorCode::corrupt, std::string(kDamaged));
    std::string text(static_cast<std::size_t>(size), '\0');
    const std::size_t got =
        ZSTD_decompressDCtx(unpacker(), text.data(), text.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(got) != 0 || got != text.size()) {
        return fail(ErrorCode::corrupt, std::string(kDamaged));
    }
    return text;
}

}  // namespace cellmon::classroom
