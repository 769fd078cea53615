// Goal: every kind of image that a person has becomes the same plain JPEG; what is none, too large
// or damaged is refused with a reason, and nothing crashes. Method: files of every kind, written
// here or by the libraries' own programs (tests/data/maps), each cut and each bent in thousands of
// ways.
#include <array>
#include <fstream>
#include <iterator>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "image/normalise.hpp"

namespace cellmon::image {
namespace {

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(value >> shift);
    return bytes;
}

std::string chunk(std::string_view type, std::string_view data) {
    const std::string body = std::string(type) + std::string(data);
    const auto sum =
        crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
    return big_endian(static_cast<std::uint32_t>(data.size())) + body +
           big_endian(static_cast<std::uint32_t>(sum));
}

std::string deflated(std::string_view data) {
    std::string out(compressBound(data.size()), '\0');
    uLongf size = out.size();
    EXPECT_EQ(compress(reinterpret_cast<Bytef*>(out.data()), &size,
                       reinterpret_cast<const Bytef*>(data.data()), data.size()),
              Z_OK);
    out.resize(size);
    return out;
}

/// `row` is one line of the image, which all have.
std::string png(std::uint32_t width, std::uint32_t height, int depth, int colour_type,
                std::string_view row, std::string_view extra = {}) {
    std::string lines;
    for (std::uint32_t y = 0; y < std::min<std::uint32_t>(height, 4'000); ++y) {
        lines += '\0';  // No filter.
        lines += row;
    }
    std::string header = big_endian(width) + big_endian(height);
    header += static_cast<char>(depth);
    header += static_cast<char>(colour_type);
    header += std::string(3, '\0');
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + std::string(extra) +
           chunk("IDAT", deflated(lines)) + chunk("IEND", "");
}

/// Left half red, right half blue.
std::string red_and_blue(std::uint32_t width, std::uint32_t height) {
    std::string row;
    for (std::uint32_t x = 0; x < width; ++x)
        row += x < width / 2 ? std::string("\xff\0\0", 3) : std::string("\0\0\xff", 3);
    return png(width, height, 8, 2, row);
}

std::string sample(const std::string& name) {
    std::ifstream file(std::string(CELLMON_SOURCE_ROOT) + "/tests/data/maps/" + name,
                       std::ios::binary);
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string good(std::string_view bytes) {
    auto jpeg = normalised(bytes);
    EXPECT_TRUE(jpeg) << jpeg.error().message;
    return jpeg.value_or("");
}

std::string why(std::string_view bytes) {
    const auto jpeg = normalised(bytes);
    EXPECT_FALSE(jpeg);
    return jpeg ? "" : jpeg.error().message;
}

/// The colour that a pixel has, near enough: a letter each.
char colour_at(const Pixels& pixels, std::uint32_t x, std::uint32_t y) {
    const std::uint8_t* rgb = pixels.row(y) + std::size_t{3} * x;
    const int bits = (rgb[0] > 127 ? 4 : 0) + (rgb[1] > 127 ? 2 : 0) + (rgb[2] > 127 ? 1 : 0);
    return "kbgcrmyw"[bits];
}

/// Of the pixels in the middle of the four quarters: upper left, upper right, lower left, lower
/// right.
std::string quarters(std::string_view jpeg) {
    const auto decoded = decode_jpeg(jpeg, {}, 10'000);
    EXPECT_TRUE(decoded);
    if (!decoded) return "";
    const Pixels& pixels = decoded->pixels;
    const std::uint32_t x = pixels.width / 4;
    const std::uint32_t y = pixels.height / 4;
    return {colour_at(pixels, x, y), colour_at(pixels, 3 * x, y), colour_at(pixels, x, 3 * y),
            colour_at(pixels, 3 * x, 3 * y)};
}

std::string size_of(std::string_view jpeg) {
    const auto decoded = decode_jpeg(jpeg, {}, 10'000);
    return decoded ? fmt::format("{}x{}", decoded->pixels.width, decoded->pixels.height) : "none";
}

/// A block of EXIF that says nothing but the orientation.
std::string exif(int orientation, bool big) {
    if (big) {
        return std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19) +
               static_cast<char>(orientation) + std::string(6, '\0');
    }
    return std::string("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18) +
           static_cast<char>(orientation) + std::string(7, '\0');
}

std::string with_exif(const std::string& jpeg, const std::string& tiff) {
    const std::string data = std::string("Exif\0\0", 6) + tiff;
    const std::size_t size = data.size() + 2;
    return jpeg.substr(0, 2) + "\xff\xe1" + static_cast<char>(size >> 8U) +
           static_cast<char>(size & 0xffU) + data + jpeg.substr(2);
}

TEST(Image, EveryKindBecomesOnePlainJpeg) {
    EXPECT_EQ(quarters(good(red_and_blue(64, 48))), "rbrb");
    EXPECT_EQ(quarters(good(good(red_and_blue(64, 48)))), "rbrb");
    EXPECT_EQ(quarters(good(sample("cmyk.jpg"))), "rbrb");
    EXPECT_EQ(quarters(good(sample("progressive.jpg"))), "rbrb");
    EXPECT_EQ(quarters(good(sample("lossy.webp"))), "rbww") << "what is transparent is white";
    EXPECT_EQ(quarters(good(sample("alpha.webp"))), "rbww");
    // 16 bits a colour: the same red, not a darker one.
    std::string row;
    for (int x = 0; x < 16; ++x)
        row += std::string("\xa0\x01\0\0\0\0", 6);
    const auto deep = decode_jpeg(good(png(16, 16, 16, 2, row)), {}, 16);
    ASSERT_TRUE(deep);
    EXPECT_NEAR(deep->pixels.row(8)[24], 0xa0, 6);
    // A palette of which one colour is transparent; grey, with alpha.
    const std::string palette = chunk("PLTE", std::string("\0\xff\0\xff\0\xff", 6)) +
                                chunk("tRNS", std::string("\xff\0", 2));
    EXPECT_EQ(
        quarters(good(png(16, 16, 8, 3, std::string(8, '\0') + std::string(8, '\1'), palette))),
        "gwgw");
    EXPECT_EQ(quarters(good(png(16, 16, 1, 0, "\xff" + std::string(1, '\0')))), "wkwk");
    std::string grey_alpha;
    for (int x = 0; x < 16; ++x)
        grey_alpha += x < 8 ? std::string("\0\xff", 2) : std::string("\0\0", 2);
    EXPECT_EQ(quarters(good(png(16, 16, 8, 4, grey_alpha))), "kwkw");
}

TEST(Image, LargeOnesAreMadeSmaller) {
    EXPECT_EQ(size_of(good(red_and_blue(64, 48))), "64x48");
    EXPECT_EQ(size_of(good(red_and_blue(2'048, 2'048))), "2048x2048");
    EXPECT_EQ(size_of(good(red_and_blue(3'000, 1'000))), "2048x683");
    EXPECT_EQ(size_of(good(red_and_blue(10, 4'000))), "5x2048");
    const std::string wide = good(red_and_blue(10'000, 1));
    EXPECT_EQ(size_of(wide), "2048x1");
    // Scaled by libjpeg on the way.
    const auto whole = decode_png(red_and_blue(4'100, 3'000), {});
    ASSERT_TRUE(whole);
    const auto jpeg = encode_jpeg(whole->pixels, 90);
    ASSERT_TRUE(jpeg);
    EXPECT_EQ(size_of(good(*jpeg)), "2048x1499");
    EXPECT_EQ(quarters(good(*jpeg)), "rbrb");
}

TEST(Image, ItStandsUpright) {
    // Stored: red, green above blue, white. What a person is to see, by orientation.
    constexpr std::array<std::string_view, 9> kSeen = {"rgbw", "rgbw", "grwb", "wbgr", "bwrg",
                                                       "rbgw", "brwg", "wgbr", "gwrb"};
    Pixels stored(64, 32);
    for (std::uint32_t y = 0; y < 32; ++y) {
        for (std::uint32_t x = 0; x < 64; ++x) {
            std::uint8_t* rgb = stored.row(y) + std::size_t{3} * x;
            const bool left = x < 32;
            rgb[0] = (left ? y < 16 : y >= 16) ? 255 : 0;
            rgb[1] = left ? 0 : 255;
            rgb[2] = y >= 16 ? 255 : 0;
            if (left && y >= 16) rgb[0] = 0;
        }
    }
    const auto jpeg = encode_jpeg(stored, 95);
    ASSERT_TRUE(jpeg);
    for (int orientation = 0; orientation <= 9; ++orientation) {
        for (const bool big : {false, true}) {
            const std::string turned = good(with_exif(*jpeg, exif(orientation, big)));
            const bool known = orientation >= 1 && orientation <= 8;
            EXPECT_EQ(quarters(turned), kSeen.at(known ? static_cast<std::size_t>(orientation) : 1))
                << orientation;
            EXPECT_EQ(size_of(turned), known && orientation >= 5 ? "32x64" : "64x32");
            EXPECT_EQ(turned.find("Exif"), std::string::npos) << "nothing of the file is left";
        }
    }
}

TEST(Image, DamagedExifSaysNothing) {
    const std::string whole = exif(6, true);
    EXPECT_EQ(exif_orientation(whole), 6);
    for (std::size_t size = 0; size < 20; ++size)
        EXPECT_EQ(exif_orientation(std::string_view(whole).substr(0, size)), 1) << size;
    std::string far = whole;
    far.replace(4, 4, "\xff\xff\xff\xff");
    EXPECT_EQ(exif_orientation(far), 1);
}

TEST(Image, WhatIsTooLargeIsRefusedBeforeItIsDecoded) {
    // Bombs: their headers promise what no memory holds.
    EXPECT_EQ(why(png(20'000, 10, 8, 2, "")),
              "the image has 20000 x 10 pixels; a side has 16383 at most");
    EXPECT_EQ(why(png(10'000, 5'001, 8, 2, "")),
              "the image has 10000 x 5001 pixels; 50000000 are allowed");
    std::string jpeg = good(red_and_blue(64, 48));
    const auto frame = jpeg.find("\xff\xc0");
    ASSERT_NE(frame, std::string::npos);
    jpeg.replace(frame + 5, 4, "\x27\x10\x27\x10");
    EXPECT_EQ(why(jpeg), "the image has 10000 x 10000 pixels; 50000000 are allowed");
    std::string webp = sample("alpha.webp");
    const auto lossless = webp.find("VP8L");
    ASSERT_NE(lossless, std::string::npos);
    webp.replace(lossless + 9, 4, "\xff\xff\xff\x1f");
    EXPECT_NE(why(webp).find("pixels"), std::string::npos) << why(webp);
}

TEST(Image, AJpegOfManyScansIsGivenUp) {
    const std::string jpeg = sample("progressive.jpg");
    const auto last_scan = jpeg.rfind("\xff\xda");
    const std::string scan = jpeg.substr(last_scan, jpeg.size() - 2 - last_scan);
    std::string long_one = jpeg.substr(0, last_scan);
    for (int i = 0; i < 200; ++i)
        long_one += scan;
    EXPECT_EQ(why(long_one + "\xff\xd9"), "the JPEG cannot be read: it has more than 100 scans");
}

TEST(Image, WhatIsNoImageIsRefused) {
    const std::string none = "the file is neither JPEG, PNG nor WebP";
    for (const std::string_view bytes : {"", "GIF89a", "<svg xmlns='http://www.w3.org/2000/svg'/>",
                                         "%PDF-1.7", "\xff\xd8", "RIFF", "BM", "PK\x03\x04"}) {
        EXPECT_EQ(why(bytes), none) << bytes;
    }
    EXPECT_EQ(why(sample("animated.webp")), "the WebP moves, and a map stands still");
    EXPECT_NE(why("\xff\xd8\xff\xe0<script>alert(1)</script>"), "");
    EXPECT_NE(why("\x89PNG\r\n\x1a\n" + chunk("IHDR", "x")), "");
    EXPECT_NE(why("RIFF\xff\xff\xff\x7fWEBPVP8 "), "");
}

TEST(Image, APolyglotLosesItsOtherHalf) {
    const std::string script = "<script>alert(document.domain)</script>PK\x03\x04";
    for (const std::string& file : {red_and_blue(64, 48), good(red_and_blue(64, 48))}) {
        const std::string jpeg = good(file + script);
        EXPECT_EQ(jpeg, good(file));
        EXPECT_EQ(jpeg.find("script"), std::string::npos);
    }
    const std::string comment =
        good(red_and_blue(64, 48)).insert(2, std::string("\xff\xfe\0\x0a<script>", 12));
    EXPECT_EQ(good(comment).find("script"), std::string::npos);
}

std::vector<std::string> samples() {
    return {red_and_blue(64, 48),
            good(red_and_blue(64, 48)),
            with_exif(good(red_and_blue(64, 48)), exif(6, true)),
            sample("cmyk.jpg"),
            sample("progressive.jpg"),
            sample("lossy.webp"),
            sample("alpha.webp"),
            sample("animated.webp")};
}

TEST(Image, ACutFileIsRefused) {
    for (const std::string& file : samples()) {
        // The last bytes of some formats say nothing.
        for (std::size_t size = 0; size + 40 < file.size(); ++size)
            EXPECT_FALSE(normalised(std::string_view(file).substr(0, size))) << size;
    }
}

TEST(Image, ABentFileIsReadOrRefused) {
    std::mt19937 random(7);
    for (const std::string& file : samples()) {
        for (int round = 0; round < 400; ++round) {
            std::string bent = file;
            for (int flips = 0; flips < 1 + round % 4; ++flips)
                bent[random() % bent.size()] = static_cast<char>(random());
            const auto jpeg = normalised(bent);
            if (jpeg) {
                EXPECT_TRUE(jpeg->starts_with("\xff\xd8\xff"));
            } else {
                EXPECT_FALSE(jpeg.error().message.empty());
            }
        }
    }
}

}  // namespace
}  // namespace cellmon::image
