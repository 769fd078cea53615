#include "event/json_fault.hpp"

#include <algorithm>
#include <vector>

#include "event/number_text.hpp"
#include "event/text.hpp"

namespace cellmon::event {
namespace {

constexpr std::string_view kExpectingValue = "Expecting value";
constexpr std::string_view kExpectingName = "Expecting property name enclosed in double quotes";

/// Walks over JSON text, without recursion, up to the first fault.
class FaultFinder {
  public:
    explicit FaultFinder(std::string_view text) : text_(text) {}

    std::optional<JsonFault> run() {
        do {
            if (!value()) return fault_;
        } while (!after_value());
        if (fault_) return fault_;
        skip_space();
        if (position_ < text_.size()) fail("Extra data");
        return fault_;
    }

  private:
    bool fail(std::string_view message) { return fail(message, position_); }

    bool fail(std::string_view message, std::size_t at) {
        const auto before = text_.substr(0, at);
        const auto characters = std::ranges::count_if(
            before, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
        fault_ = JsonFault{static_cast<std::size_t>(characters), message};
        return false;
    }

    void skip_space() {
        position_ = std::min(text_.find_first_not_of(" \t\r\n", position_), text_.size());
    }

    bool take(char c) {
        skip_space();
        if (position_ >= text_.size() || text_[position_] != c) return false;
        ++position_;
        return true;
    }

    /// A scalar, an empty array or object, or all up to the first scalar inside.
    bool value() {
        for (;;) {
            if (take('[')) {
                if (take(']')) return true;
                open_.push_back(']');
            } else if (take('{')) {
                if (take('}')) return true;
                open_.push_back('}');
                if (!name()) return false;
            } else {
                return scalar();
            }
        }
    }

    bool name() {
        skip_space();
        if (position_ >= text_.size() || text_[position_] != '"') return fail(kExpectingName);
        if (!string()) return false;
        return take(':') || fail("Expecting ':' delimiter");
    }

    bool scalar() {
        skip_space();
        if (position_ < text_.size() && text_[position_] == '"') return string();
        const std::size_t end =
            std::min(text_.find_first_of(" \t\r\n,:]}[{\"", position_), text_.size());
        const std::string_view token = text_.substr(position_, end - position_);
        if (token != "true" && token != "false" && token != "null" && !is_json_number(token)) {
            return fail(kExpectingValue);
        }
        position_ = end;
        return true;
    }

    bool string() {
        const std::size_t start = position_++;
        for (;;) {
            position_ = find_special(text_, position_);
            if (position_ >= text_.size()) return fail("Unterminated string starting at", start);
            const char c = text_[position_];
            if (c == '"') break;
            if (c != '\\') return fail("Invalid control character at");
            if (!escape()) return false;
        }
        ++position_;
        return true;
    }

    bool escape() {
        std::uint32_t code = 0;
        const std::string_view letter = text_.substr(position_ + 1, 1);
        if (letter == "u") {
            if (!read_hex4(text_, position_ + 2, code)) return fail("Invalid \\uXXXX escape");
            position_ += 6;
            return true;
        }
        if (letter.empty() ||
            std::string_view("\"\\/bfnrt").find(letter) == std::string_view::npos) {
            return fail("Invalid \\escape");
        }
        position_ += 2;
        return true;
    }

    /// Closes what ends here. True at the end of the document and at a fault, false when another
    /// value must follow.
    bool after_value() {
        while (!open_.empty()) {
            if (take(open_.back())) {
                open_.pop_back();
                continue;
            }
            if (!take(',')) {
                fail("Expecting ',' delimiter");
                return true;
            }
            return open_.back() == '}' && !name();
        }
        return true;
    }

    std::string_view text_;
    std::size_t position_ = 0;
    std::vector<char> open_;  // the closing brackets that are still to come
    std::optional<JsonFault> fault_;
};

}  // namespace

std::optional<JsonFault> find_json_fault(std::string_view text) {
    return FaultFinder(text).run();
}

}  // namespace cellmon::event
