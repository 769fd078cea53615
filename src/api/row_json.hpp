#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "event/json_object.hpp"
#include "event/text.hpp"

namespace cellmon::api {

/// An object whose fields may be null.
class RowJson {
  public:
    RowJson() : object_(json_) {}
    RowJson(const RowJson&) = delete;  // The one inside names the text of this one.
    RowJson& operator=(const RowJson&) = delete;
    ~RowJson() = default;

    RowJson& text(std::string_view name, std::string_view value) {
        object_.text(name, value);
        return *this;
    }
    RowJson& put(std::string_view name, const std::optional<std::string>& value) {
        value ? object_.text(name, *value) : object_.null(name);
        return *this;
    }
    RowJson& put(std::string_view name, std::optional<std::int64_t> value) {
        if (!value) {
            object_.null(name);
            return *this;
        }
        object_.key(name);
        event::append_number(json_, *value);
        return *this;
    }
    RowJson& real(std::string_view name, std::optional<double> value) {
        if (!value) {
            object_.null(name);
            return *this;
        }
        object_.key(name);
        event::append_number(json_, *value);
        // As the origin writes numbers of this kind: 12.0.
        const auto at = json_.rfind(':');
        if (json_.find_first_of(".e", at) == std::string::npos) json_ += ".0";
        return *this;
    }
    RowJson& truth(std::string_view name, bool value) {
        object_.boolean(name, value);
        return *this;
    }
    /// The forms of contract §1.2: `…Z`; with `+00:00`; without a zone, and UTC all the same.
    RowJson& time(std::string_view name, std::optional<TimeUs> value) {
        return time(name, value, "Z");
    }
    RowJson& offset_time(std::string_view name, std::optional<TimeUs> value) {
        return time(name, value, "+00:00");
    }
    RowJson& bare_time(std::string_view name, std::optional<TimeUs> value) {
        return time(name, value, "");
    }
    /// A value that is JSON already.
    RowJson& json(std::string_view name, std::string_view value) {
        object_.key(name);
        json_ += value;
        return *this;
    }
    [[nodiscard]] std::string end() {
        object_.end();
        return std::move(json_);
    }

  private:
    RowJson& time(std::string_view name, std::optional<TimeUs> value, std::string_view zone) {
        if (!value) {
            object_.null(name);
            return *this;
        }
        object_.key(name);
        json_ += '"';
        event::append_time(json_, *value);
        json_.pop_back();  // The Z.
        json_ += zone;
        json_ += '"';
        return *this;
    }

    std::string json_;
    event::JsonObject object_;
};

/// A list of values that are JSON already.
[[nodiscard]] inline std::string json_list(std::span<const std::string> values) {
    std::string json = "[";
    for (const std::string& value : values) {
        if (json.size() > 1) json += ',';
        json += value;
    }
    return json + ']';
}

/// A list of texts.
[[nodiscard]] inline std::string text_list(std::span<const std::string> texts) {
    std::string json = "[";
    for (const std::string& text : texts) {
        if (json.size() > 1) json += ',';
        event::append_json_string(json, text);
    }
    return json + ']';
}

}  // namespace cellmon::api
