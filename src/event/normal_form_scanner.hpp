#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cellmon::event {

/// Reads JSON as the normal form writes it: no spaces between tokens. Every function returns false,
/// and leaves the position undefined, at text of another shape.
class NormalFormScanner {
  public:
    /// Unescaped texts go to `scratch`, which must have room for as many bytes as `text` has (it is
    /// never moved).
    NormalFormScanner(std::string_view text, std::string& scratch)
        : text_(text), scratch_(scratch) {}

    bool literal(char c) {
        if (position_ >= text_.size() || text_[position_] != c) return false;
        ++position_;
        return true;
    }

    /// Leaves the position where it was when something else stands there.
    bool exactly(std::string_view text) {
        if (!text_.substr(position_).starts_with(text)) return false;
        position_ += text.size();
        return true;
    }

    bool string(std::string_view& value);

    /// A number or one of true, false, null, as written.
    bool atom(std::string_view& value);

    /// A whole object, as written.
    bool object(std::string_view& value);

    /// Any value.
    bool skip();

    [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
    [[nodiscard]] char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }

  private:
    bool unescape(std::size_t begin, std::string_view& value);

    std::string_view text_;
    std::string& scratch_;
    std::size_t position_ = 0;
};

}  // namespace cellmon::event
