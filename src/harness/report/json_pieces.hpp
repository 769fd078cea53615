#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "harness/classroom/json_text.hpp"
#include "harness/report/clean_text.hpp"

namespace cellmon::harness::report {

/// The shortest text that is read as the same number; null of what is none.
[[nodiscard]] inline std::string number_json(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? fmt::format("{}", *value) : "null";
}

/// A list, each element behind `between`.
template <typename Elements, typename Write>
[[nodiscard]] std::string list_json(const Elements& elements, std::string_view between,
                                    const Write& write) {
    std::string json = "[";
    for (const auto& element : elements) {
        if (json.size() > 1) json += ',';
        json += between;
        json += write(element);
    }
    return json + "]";
}

/// A list of texts from outside.
template <typename Texts>
[[nodiscard]] std::string texts_json(const Texts& texts) {
    return list_json(texts, "", [](std::string_view text) {
        std::string json;
        append_json_string(json, clean_text(text));
        return json;
    });
}

/// Writes one JSON object, key by key, whose texts come from outside.
class ReportObject {
  public:
    explicit ReportObject(std::string& into) : object_(into) {}
    ~ReportObject() { object_.close(); }
    ReportObject(const ReportObject&) = delete;
    ReportObject& operator=(const ReportObject&) = delete;

    void text(std::string_view name, std::string_view value) {
        object_.text(name, clean_text(value));
    }
    void raw(std::string_view name, std::string_view json) { object_.raw(name, json); }
    void number(std::string_view name, const std::optional<double>& value) {
        object_.raw(name, number_json(value));
    }
    void count(std::string_view name, std::uint64_t value) {
        object_.raw(name, fmt::format("{}", value));
    }
    void boolean(std::string_view name, bool value) { object_.boolean(name, value); }

  private:
    JsonObject object_;
};

/// The object that `write(ReportObject&)` fills.
template <typename Write>
[[nodiscard]] std::string object_json(const Write& write) {
    std::string json;
    {
        ReportObject object(json);
        write(object);
    }
    return json;
}

}  // namespace cellmon::harness::report
