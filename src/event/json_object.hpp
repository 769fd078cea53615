#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "event/text.hpp"

namespace cellmon::event {

/// Appends a JSON object field by field: `{` at its construction, `}` at end(). Names are written
/// as they are. Objects and lists inside are appended by the caller behind key().
class JsonObject {
  public:
    explicit JsonObject(std::string& out) : out_(out) { out_.push_back('{'); }

    /// The name alone; the caller appends the value.
    void key(std::string_view name) {
        if (out_.back() != '{') out_.push_back(',');
        out_.push_back('"');
        out_.append(name);
        out_.append("\":");
    }
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
    void end() { out_.push_back('}'); }

  private:
    std::string& out_;
};

}  // namespace cellmon::event
