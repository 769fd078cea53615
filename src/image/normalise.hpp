#pragma once

#include <string>
#include <string_view>

#include "image/pixels.hpp"

namespace cellmon::image {

struct Form {
    SizeLimits limits;
    std::uint32_t longest_side = 2'048;
    int quality = 85;
};

/// Any JPEG, PNG or WebP as one plain JPEG: upright, no larger than the form, what is transparent
/// on white, and nothing of the file but its pixels. What it is, its first bytes say, not its name.
/// ErrorCode::invalid with a reason for whoever sent it.
Result<std::string> normalised(std::string_view bytes, const Form& form = {});

}  // namespace cellmon::image
