// libpng by its simplified interface, which knows every kind of PNG and jumps nowhere.
#include <png.h>

#include "image/pixels.hpp"

namespace cellmon::image {
namespace {

struct Image : png_image {
    Image() : png_image{} { version = PNG_IMAGE_VERSION; }
    ~Image() { png_image_free(this); }
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;

    [[nodiscard]] Error error() const {
        return {ErrorCode::invalid, std::string("the PNG cannot be read: ") + message};
    }
};

}  // namespace

Result<Decoded> decode_png(std::string_view bytes, const SizeLimits& limits) {
    Image image;
    if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
        return fail(image.error());
    }
    CELLMON_TRY(check_size(image.width, image.height, limits));
    image.format = PNG_FORMAT_RGB;
    // 16 bits a colour mean the same as 8 unless the file says otherwise.
    image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    Pixels pixels(image.width, image.height);
    constexpr png_color kWhite{255, 255, 255};
    if (png_image_finish_read(&image, &kWhite, pixels.rgb.data(), 0, nullptr) == 0) {
        return fail(image.error());
    }
    return Decoded{std::move(pixels)};
}

}  // namespace cellmon::image
