#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

// An image in memory, and what reads and writes it. Every function takes any bytes;
// ErrorCode::invalid has a reason for whoever sent them.
namespace cellmon::image {

/// Rows of red, green and blue from the upper left on, without gaps.
struct Pixels {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::vector<std::uint8_t> rgb;

    Pixels(std::uint32_t w, std::uint32_t h) : width(w), height(h), rgb(std::size_t{3} * w * h) {}

    [[nodiscard]] std::uint8_t* row(std::uint32_t y) {
        return rgb.data() + std::size_t{3} * width * y;
    }
    [[nodiscard]] const std::uint8_t* row(std::uint32_t y) const {
        return rgb.data() + std::size_t{3} * width * y;
    }
};

/// What the dimensions of an image may be, looked at before its pixels are decoded.
struct SizeLimits {
    std::uint64_t pixels = 50'000'000;
    std::uint32_t side = 16'383;  ///< The most that WebP knows, and its library scales.
};

/// invalid, naming the limit.
Result<void> check_size(std::uint64_t width, std::uint64_t height, const SizeLimits& limits);

/// Decoded, and how it is to be turned.
struct Decoded {
    Pixels pixels;
    int orientation = 1;  ///< EXIF's: 1 to 8.
};

/// `longest_side`: a decoder may give a smaller image, whose longer side is at least that.
Result<Decoded> decode_jpeg(std::string_view bytes, const SizeLimits& limits,
                            std::uint32_t longest_side);
Result<Decoded> decode_png(std::string_view bytes, const SizeLimits& limits);
Result<Decoded> decode_webp(std::string_view bytes, const SizeLimits& limits);

/// The orientation in a block of EXIF, which begins with its TIFF header; 1 when it has none or
/// cannot be read.
[[nodiscard]] int exif_orientation(std::string_view tiff);

/// Turned so that it stands upright.
[[nodiscard]] Pixels upright(Pixels pixels, int orientation);

/// Scaled down, when its longer side is longer than that.
Result<Pixels> shrunk(Pixels pixels, std::uint32_t longest_side);

/// A JPEG without any metadata.
Result<std::string> encode_jpeg(const Pixels& pixels, int quality);

}  // namespace cellmon::image
