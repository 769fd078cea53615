// libjpeg-turbo. Its errors come by longjmp(), so what is on the stack of a function that may jump
// has no destructor.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>
// behind jpeglib.h
#include <jerror.h>

#include "image/pixels.hpp"

namespace cellmon::image {
namespace {

/// A file may ask for one pass over all pixels after the other.
constexpr int kMostScans = 100;

/// libjpeg scales by eighths.
constexpr unsigned kScales = 8;

struct Trap {
    jpeg_error_mgr manager;  // First: libjpeg knows nothing else of it.
    std::jmp_buf back;
    char why[JMSG_LENGTH_MAX];
};

[[noreturn]] void give_up(Trap* trap) {
    std::longjmp(trap->back, 1);  // NOLINT
}

[[noreturn]] void on_error(j_common_ptr info) {
    auto* trap = reinterpret_cast<Trap*>(info->err);
    trap->manager.format_message(info, trap->why);
    give_up(trap);
}

/// What libjpeg makes up for is no picture of a room, unless nothing of it is missing.
void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER:
        case JWRN_HUFF_BAD_CODE:
        case JWRN_ARITH_BAD_CODE:
            on_error(info);
        default:
            ++info->err->num_warnings;
    }
}

void on_progress(j_common_ptr info) {
    auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
    if (decompress->input_scan_number <= kMostScans) return;
    auto* trap = reinterpret_cast<Trap*>(info->err);
    std::snprintf(trap->why, sizeof trap->why, "it has more than %d scans", kMostScans);
    give_up(trap);
}

void set(Trap& trap) {
    jpeg_std_error(&trap.manager);
    trap.manager.error_exit = on_error;
    trap.manager.emit_message = on_message;
    trap.manager.output_message = [](j_common_ptr) {};
    trap.why[0] = '\0';
}

/// The parts of decoding that may jump; what they fill belongs to the caller.
class Decoder {
  public:
    Decoder() {
        set(trap_);
        info_.err = &trap_.manager;
    }
    ~Decoder() { jpeg_destroy_decompress(&info_); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    bool read_header(std::string_view bytes) {
        if (setjmp(trap_.back) != 0) return false;  // NOLINT
        jpeg_create_decompress(&info_);
        progress_.progress_monitor = on_progress;
        info_.progress = &progress_;
        jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
        jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xffff);
        return jpeg_read_header(&info_, TRUE) == JPEG_HEADER_OK;
    }

    /// Chooses the size and the colours of what comes out.
    bool start(std::uint32_t longest_side) {
        if (setjmp(trap_.back) != 0) return false;  // NOLINT
        const std::uint64_t longer = std::max(info_.image_width, info_.image_height);
        info_.scale_denom = kScales;
        info_.scale_num = 1;
        while (info_.scale_num < kScales && longer * info_.scale_num / kScales < longest_side)
            ++info_.scale_num;
        is_cmyk_ = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
        info_.out_color_space = is_cmyk_ ? JCS_CMYK : JCS_RGB;
        return jpeg_start_decompress(&info_) != FALSE;
    }

    /// `line` holds one row of any colours that start() chose.
    bool read_rows(Pixels& pixels, std::vector<std::uint8_t>& line) {
        if (setjmp(trap_.back) != 0) return false;  // NOLINT
        while (info_.output_scanline < info_.output_height) {
            std::uint8_t* target = pixels.row(info_.output_scanline);
            JSAMPROW into = is_cmyk_ ? line.data() : target;
            jpeg_read_scanlines(&info_, &into, 1);
            if (is_cmyk_) to_rgb(line.data(), target);
        }
        return jpeg_finish_decompress(&info_) != FALSE;
    }

    [[nodiscard]] const jpeg_decompress_struct& info() const { return info_; }
    [[nodiscard]] Error error() const {
        return {ErrorCode::invalid, std::string("the JPEG cannot be read: ") + trap_.why};
    }

  private:
    /// Adobe's programs, which are those that make such files, write the inks inverted.
    void to_rgb(const std::uint8_t* cmyk, std::uint8_t* rgb) const {
        const unsigned flip = info_.saw_Adobe_marker != FALSE ? 0 : 255;
        for (JDIMENSION x = 0; x < info_.output_width; ++x, cmyk += 4, rgb += 3) {
            const unsigned black = cmyk[3] ^ flip;
            for (int ink = 0; ink < 3; ++ink)
                rgb[ink] = static_cast<std::uint8_t>((cmyk[ink] ^ flip) * black / 255);
        }
    }

    jpeg_decompress_struct info_{};
    jpeg_progress_mgr progress_{};
    Trap trap_{};
    bool is_cmyk_ = false;
};

int orientation_of(const jpeg_decompress_struct& info) {
    constexpr std::string_view kExif("Exif\0\0", 6);
    for (jpeg_saved_marker_ptr marker = info.marker_list; marker != nullptr;
         marker = marker->next) {
        const std::string_view data(reinterpret_cast<const char*>(marker->data),
                                    marker->data_length);
        if (data.starts_with(kExif)) return exif_orientation(data.substr(kExif.size()));
    }
    return 1;
}

bool encode(const Pixels& pixels, int quality, Trap& trap, jpeg_compress_struct& info,
            unsigned char*& out, unsigned long& size) {
    if (setjmp(trap.back) != 0) return false;  // NOLINT
    info.err = &trap.manager;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &out, &size);
    info.image_width = pixels.width;
    info.image_height = pixels.height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    info.optimize_coding = TRUE;
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        auto* row = const_cast<JSAMPROW>(pixels.row(info.next_scanline));  // It is only read.
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
}

}  // namespace

Result<Decoded> decode_jpeg(std::string_view bytes, const SizeLimits& limits,
                            std::uint32_t longest_side) {
    Decoder decoder;
    if (!decoder.read_header(bytes)) return fail(decoder.error());
    CELLMON_TRY(check_size(decoder.info().image_width, decoder.info().image_height, limits));
    const int orientation = orientation_of(decoder.info());  // At its end the decoder forgets it.
    if (!decoder.start(longest_side)) return fail(decoder.error());
    Pixels pixels(decoder.info().output_width, decoder.info().output_height);
    std::vector<std::uint8_t> line(std::size_t{4} * pixels.width);
    if (!decoder.read_rows(pixels, line)) return fail(decoder.error());
    return Decoded{std::move(pixels), orientation};
}

Result<std::string> encode_jpeg(const Pixels& pixels, int quality) {
    Trap trap;
    set(trap);
    jpeg_compress_struct info{};
    unsigned char* out = nullptr;
    unsigned long size = 0;
    const bool done = encode(pixels, quality, trap, info, out, size);
    std::string jpeg;
    if (done) jpeg.assign(reinterpret_cast<const char*>(out), size);
    jpeg_destroy_compress(&info);
    std::free(out);  // NOLINT
    if (!done) return fail(ErrorCode::invalid, trap.why);
    return jpeg;
}

}  // namespace cellmon::image
