#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace cellmon::harness {

/// Appends `text` as a JSON string, escaped as browsers do it: non-ASCII stays as it is.
void append_json_string(std::string& into, std::string_view text);

/// Writes one JSON object, key by key.
class JsonObject {
  public:
    explicit JsonObject(std::string& into) : into_(into) { into_ += '{'; }

    void text(std::string_view name, std::string_view value) {
        key(name);
        append_json_string(into_, value);
    }
    /// A value that is JSON already.
    void raw(std::string_view name, std::string_view json) {
        key(name);
        into_ += json;
    }
    void number(std::string_view name, std::int64_t value) { raw(name, fmt::format("{}", value)); }
    void boolean(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
    void close() { into_ += '}'; }

  private:
    void key(std::string_view name) {
        if (!first_) into_ += ',';
        first_ = false;
        append_json_string(into_, name);
        into_ += ':';
    }

    std::string& into_;
    bool first_ = true;
};

}  // namespace cellmon::harness
