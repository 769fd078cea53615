#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

#include "image/pixels.hpp"

namespace cellmon::image {
namespace {

struct FreeDemuxer {
    void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
struct FreePixels {
    void operator()(std::uint8_t* pixels) const { WebPFree(pixels); }
};

int orientation_of(const WebPData& file) {
    const std::unique_ptr<WebPDemuxer, FreeDemuxer> demuxer(WebPDemux(&file));
    if (demuxer == nullptr) return 1;
    WebPChunkIterator chunk;
    int orientation = 1;
    if (WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) != 0) {
        std::string_view data(reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size);
        constexpr std::string_view kExif("Exif\0\0", 6);
        if (data.starts_with(kExif)) data.remove_prefix(kExif.size());
        orientation = exif_orientation(data);
    }
    WebPDemuxReleaseChunkIterator(&chunk);
    return orientation;
}

}  // namespace

Result<Decoded> decode_webp(std::string_view bytes, const SizeLimits& limits) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) {
        return fail(ErrorCode::invalid, "the WebP cannot be read: its header is damaged");
    }
    if (features.has_animation != 0) {
        return fail(ErrorCode::invalid, "the WebP moves, and a map stands still");
    }
    CELLMON_TRY(check_size(static_cast<std::uint64_t>(features.width),
                           static_cast<std::uint64_t>(features.height), limits));
    int width = 0;
    int height = 0;
    const std::unique_ptr<std::uint8_t, FreePixels> rgba(
        WebPDecodeRGBA(data, bytes.size(), &width, &height));
    if (rgba == nullptr) {
        return fail(ErrorCode::invalid, "the WebP cannot be read: it is damaged or cut");
    }
    Pixels pixels(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height));
    const std::uint8_t* from = rgba.get();
    for (std::size_t at = 0; at < pixels.rgb.size(); at += 3, from += 4) {
        for (std::size_t colour = 0; colour < 3; ++colour) {
            const unsigned on_white = from[colour] * from[3] + 255U * (255U - from[3]);
            pixels.rgb[at + colour] = static_cast<std::uint8_t>((on_white + 127) / 255);
        }
    }
    return Decoded{std::move(pixels), orientation_of({data, bytes.size()})};
}

}  // namespace cellmon::image
