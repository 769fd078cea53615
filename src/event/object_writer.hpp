#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/text.hpp"

namespace cellmon::event {

/// Appends one JSON object, `"name":` in front of each value. The text is whole after end().
class ObjectWriter {
  public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }

    void text(std::string_view name, std::string_view value) {
        key(name);
        append_json_string(out_, value);
    }
    /// null for the empty text.
    void optional_text(std::string_view name, std::string_view value) {
        if (value.empty()) return null(name);
        text(name, value);
    }
    void number(std::string_view name, std::uint64_t value) {
        key(name);
        append_number(out_, value);
    }
    void boolean(std::string_view name, bool value) {
        key(name);
        out_.append(value ? "true" : "false");
    }
    /// null for 0.
    void time(std::string_view name, TimeUs value) {
        if (value == 0) return null(name);
        key(name);
        out_.push_back('"');
        append_time(out_, value);
        out_.push_back('"');
    }
    void null(std::string_view name) {
        key(name);
        out_.append("null");
    }
    /// The value that is appended next is this key's.
    void key(std::string_view name) {
        if (out_.back() != '{') out_.push_back(',');
        out_.push_back('"');
        out_.append(name);
        out_.append("\":");
    }
    void end() { out_.push_back('}'); }

  private:
    std::string& out_;
};

}  // namespace cellmon::event
