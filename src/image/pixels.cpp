#include "image/pixels.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <webp/encode.h>

namespace cellmon::image {

Result<void> check_size(std::uint64_t width, std::uint64_t height, const SizeLimits& limits) {
    if (width > limits.side || height > limits.side) {
        return fail(ErrorCode::invalid,
                    fmt::format("the image has {} x {} pixels; a side has {} at most", width,
                                height, limits.side));
    }
    if (width * height > limits.pixels) {
        return fail(ErrorCode::invalid, fmt::format("the image has {} x {} pixels; {} are allowed",
                                                    width, height, limits.pixels));
    }
    return {};
}

Pixels upright(Pixels pixels, int orientation) {
    if (orientation <= 1 || orientation > 8) return pixels;
    // Which of the three movements make up each: mirror left and right, then top and bottom, after
    // rows and columns have changed places.
    const bool transposed = orientation >= 5;
    const bool mirror_x =
        orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    const bool mirror_y =
        orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    Pixels turned(transposed ? pixels.height : pixels.width,
                  transposed ? pixels.width : pixels.height);
    for (std::uint32_t y = 0; y < turned.height; ++y) {
        for (std::uint32_t x = 0; x < turned.width; ++x) {
            std::uint32_t from_x = mirror_x ? turned.width - 1 - x : x;
            std::uint32_t from_y = mirror_y ? turned.height - 1 - y : y;
            if (transposed) std::swap(from_x, from_y);
            const std::uint8_t* from = pixels.row(from_y) + std::size_t{3} * from_x;
            std::copy(from, from + 3, turned.row(y) + std::size_t{3} * x);
        }
    }
    return turned;
}

Result<Pixels> shrunk(Pixels pixels, std::uint32_t longest_side) {
    const std::uint32_t longer = std::max(pixels.width, pixels.height);
    if (longer <= longest_side) return pixels;
    const auto scaled = [&](std::uint32_t side) {
        const std::uint64_t rounded = (std::uint64_t{side} * longest_side + longer / 2) / longer;
        return static_cast<std::uint32_t>(std::max<std::uint64_t>(rounded, 1));
    };
    WebPPicture picture;
    const auto failed = [] {
        return fail(ErrorCode::invalid, "the image cannot be made smaller: not enough memory");
    };
    if (WebPPictureInit(&picture) == 0) return failed();
    const std::unique_ptr<WebPPicture, decltype(&WebPPictureFree)> owner(&picture, WebPPictureFree);
    picture.use_argb = 1;
    picture.width = static_cast<int>(pixels.width);
    picture.height = static_cast<int>(pixels.height);
    Pixels small(scaled(pixels.width), scaled(pixels.height));
    if (WebPPictureImportRGB(&picture, pixels.rgb.data(), picture.width * 3) == 0) return failed();
    pixels = Pixels(0, 0);  // There are two of it now.
    if (WebPPictureRescale(&picture, static_cast<int>(small.width),
                           static_cast<int>(small.height)) == 0) {
        return failed();
    }
    for (std::uint32_t y = 0; y < small.height; ++y) {
        const std::uint32_t* from =
            picture.argb + std::size_t{y} * static_cast<std::size_t>(picture.argb_stride);
        std::uint8_t* to = small.row(y);
        for (std::uint32_t x = 0; x < small.width; ++x, ++from) {
            *to++ = static_cast<std::uint8_t>(*from >> 16U);
            *to++ = static_cast<std::uint8_t>(*from >> 8U);
            *to++ = static_cast<std::uint8_t>(*from);
        }
    }
    return small;
}

}  // namespace cellmon::image
