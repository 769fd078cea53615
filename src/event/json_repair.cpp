#include "event/json_repair.hpp"

#include <algorithm>

#include "event/number_text.hpp"
#include "event/text.hpp"

namespace cellmon::event {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Utf8Step {
    std::size_t size;  // of the character, or of the invalid part that one U+FFFD replaces
    bool valid;
};

/// The character at `position`, or the "maximal subpart" of one (Unicode 15, section 3.9, table
/// 3-7).
Utf8Step utf8_step(std::string_view text, std::size_t position) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return position + i < text.size() ? static_cast<unsigned char>(text[position + i]) : 0U;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {1, true};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4) return {1, false};
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) return {1, false};
    for (std::size_t i = 2; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {i, false};
    }
    return {size, true};
}

class Repair {
  public:
    explicit Repair(std::string_view text) : text_(text) { out_.reserve(text.size() + 64); }

    std::optional<std::string> run() {
        while (position_ < text_.size()) {
            const char c = text_[position_];
            if (c == '"') {
                string();
            } else if (c == '-' || (c >= '0' && c <= '9')) {
                number();
            } else {
                copy(1);
            }
        }
        if (!changed_) return std::nullopt;
        return std::move(out_);
    }

  private:
    void copy(std::size_t size) {
        out_.append(text_.substr(position_, size));
        position_ += size;
    }

    void replace(std::size_t size, std::string_view by) {
        out_.append(by);
        position_ += size;
        changed_ = true;
    }

    void string() {
        copy(1);
        while (position_ < text_.size()) {
            const char c = text_[position_];
            if (c == '\\') {
                escape();
                continue;
            }
            const Utf8Step step = utf8_step(text_, position_);
            if (step.valid) {
                copy(step.size);
            } else {
                replace(step.size, kReplacement);
            }
            if (c == '"') return;
        }
    }

    void escape() {
        std::uint32_t code = 0;
        std::uint32_t low = 0;
        if (text_.substr(position_, 2) != "\\u" || !read_hex4(text_, position_ + 2, code)) {
            copy(2);
        } else if (code == 0) {
            replace(6, "\\u2400");
        } else if (code < 0xD800 || code > 0xDFFF) {
            copy(6);
        } else if (code < 0xDC00 && text_.substr(position_ + 6, 2) == "\\u" &&
                   read_hex4(text_, position_ + 8, low) && low >= 0xDC00 && low <= 0xDFFF) {
            copy(12);
        } else {
            replace(6, "\\uFFFD");
        }
    }

    void number() {
        const std::size_t end =
            std::min(text_.find_first_not_of("0123456789+-.eE", position_), text_.size());
        const std::string_view token = text_.substr(position_, end - position_);
        const std::size_t next = text_.find_first_not_of(" \t\r\n", end);
        const bool is_name = next != std::string_view::npos && text_[next] == ':';
        if (is_name || !is_json_number(token) || !is_vast(token)) {
            copy(token.size());
            return;
        }
        out_.append("\"\\u0000");
        copy(token.size());
        out_.push_back('"');
        changed_ = true;
    }

    std::string_view text_;
    std::size_t position_ = 0;
    std::string out_;
    bool changed_ = false;
};

}  // namespace

std::optional<std::string> repair_json(std::string_view text) {
    return Repair(text).run();
}

}  // namespace cellmon::event
