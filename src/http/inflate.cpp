#include "http/inflate.hpp"

#include <algorithm>

#include <zlib.h>

#include "base/assert.hpp"

namespace cellmon::http {

namespace {

constexpr std::size_t kFirstStepBytes = 4096;
constexpr std::size_t kLargestStepBytes = 1U << 20U;

}  // namespace

struct Inflater::Stream {
    z_stream zlib{};
};

Inflater::Inflater() : stream_(std::make_unique<Stream>()) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    CELLMON_ASSERT(inflateInit2(&stream_->zlib, kGzipOnly) == Z_OK);
}

Inflater::~Inflater() {
    inflateEnd(&stream_->zlib);
}

Inflater::Outcome Inflater::inflate(std::string_view packed, std::size_t limit_bytes,
                                    const std::function<bool(std::size_t)>& admit,
                                    std::string& out) {
    z_stream& zlib = stream_->zlib;
    CELLMON_ASSERT(inflateReset(&zlib) == Z_OK);
    // zlib's interface is older than const.
    zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    zlib.avail_in = static_cast<uInt>(packed.size());
    std::size_t used = out.size();
    std::size_t step = std::clamp(packed.size() * 4, kFirstStepBytes, kLargestStepBytes);
    while (true) {
        if (used == out.size()) {
            // One byte beyond the limit tells a text of exactly the limit from a longer one.
            const std::size_t grow = std::min(step, limit_bytes + 1 - out.size());
            if (grow == 0) return Outcome::too_large;
            if (!admit(grow)) return Outcome::refused;
            out.resize(used + grow);
            step = std::min(step * 2, kLargestStepBytes);
        }
        zlib.next_out = reinterpret_cast<Bytef*>(out.data() + used);
        zlib.avail_out = static_cast<uInt>(out.size() - used);
        const int result = ::inflate(&zlib, Z_NO_FLUSH);
        used = out.size() - zlib.avail_out;
        if (used > limit_bytes) return Outcome::too_large;
        if (result == Z_STREAM_END) {
            if (zlib.avail_in == 0) break;
            if (inflateReset(&zlib) != Z_OK) return Outcome::corrupt;
            continue;
        }
        const bool needs_room = zlib.avail_out == 0;
        if (result != Z_OK && !(result == Z_BUF_ERROR && needs_room)) return Outcome::corrupt;
        if (!needs_room && zlib.avail_in == 0) return Outcome::corrupt;
    }
    out.resize(used);
    return Outcome::done;
}

}  // namespace cellmon::http
