#include "image/normalise.hpp"

#include <utility>

namespace cellmon::image {
namespace {

Result<Decoded> decode(std::string_view bytes, const Form& form) {
    if (bytes.starts_with("\xff\xd8\xff")) {
        return decode_jpeg(bytes, form.limits, form.longest_side);
    }
    if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return decode_png(bytes, form.limits);
    if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP") {
        return decode_webp(bytes, form.limits);
    }
    return fail(ErrorCode::invalid, "the file is neither JPEG, PNG nor WebP");
}

}  // namespace

Result<std::string> normalised(std::string_view bytes, const Form& form) {
    CELLMON_TRY_ASSIGN(Decoded decoded, decode(bytes, form));
    CELLMON_TRY_ASSIGN(Pixels small, shrunk(std::move(decoded.pixels), form.longest_side));
    return encode_jpeg(upright(std::move(small), decoded.orientation), form.quality);
}

}  // namespace cellmon::image
