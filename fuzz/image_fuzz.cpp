// Any bytes as an image: no crash, and what is taken becomes a JPEG that is taken again. The limits
// are small, so that one input takes little time.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "image/normalise.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cellmon::image;
    constexpr Form kForm{.limits = {.pixels = 250'000, .side = 2'000}, .longest_side = 64};
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const int orientation = exif_orientation(bytes);
    CELLMON_ASSERT(orientation >= 1 && orientation <= 8);
    const auto jpeg = normalised(bytes, kForm);
    if (jpeg) {
        CELLMON_ASSERT(normalised(*jpeg, kForm).has_value());
    } else {
        CELLMON_ASSERT(!jpeg.error().message.empty());
    }
    return 0;
}
