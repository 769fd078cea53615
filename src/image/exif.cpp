// The one entry of EXIF that a picture needs.
#include <optional>

#include "image/pixels.hpp"

namespace cellmon::image {
namespace {

/// Numbers of a TIFF file, in its byte order; nullopt behind its end.
class Tiff {
  public:
    Tiff(std::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

    [[nodiscard]] std::optional<std::uint32_t> number(std::size_t at, std::size_t size) const {
        if (at > bytes_.size() || size > bytes_.size() - at) return std::nullopt;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const std::size_t place = big_endian_ ? at + i : at + size - 1 - i;
            value = value << 8U | static_cast<unsigned char>(bytes_[place]);
        }
        return value;
    }

  private:
    std::string_view bytes_;
    bool big_endian_;
};

}  // namespace

int exif_orientation(std::string_view bytes) {
    constexpr std::uint32_t kOrientation = 0x0112;
    constexpr std::uint32_t kShort = 3;
    constexpr std::size_t kEntryBytes = 12;
    const bool big_endian = bytes.starts_with("MM");
    if (!big_endian && !bytes.starts_with("II")) return 1;
    const Tiff tiff(bytes, big_endian);
    const auto directory = tiff.number(4, 4);
    if (tiff.number(2, 2) != 42U || !directory) return 1;
    const std::size_t count = tiff.number(*directory, 2).value_or(0);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t entry = std::size_t{*directory} + 2 + i * kEntryBytes;
        const auto tag = tiff.number(entry, 2);
        if (!tag) return 1;
        if (*tag != kOrientation) continue;
        const std::uint32_t value = tiff.number(entry + 8, 2).value_or(1);
        const bool good = tiff.number(entry + 2, 2) == kShort && value >= 1 && value <= 8;
        return good ? static_cast<int>(value) : 1;
    }
    return 1;
}

}  // namespace cellmon::image
