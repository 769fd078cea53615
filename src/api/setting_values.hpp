#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/body_fields.hpp"
#include "classroom/alert_settings.hpp"
#include "classroom/settings.hpp"

namespace cellmon::api {

// Between the texts in which settings are stored and the JSON that stands for them (§3.11).

struct TypedValue {
    std::string json;
    std::string_view type;  ///< `int`, `float`, `bool`, `str`, `list`, `dict` or `NoneType`.
};

/// A text that does not fit its type is a `str`.
[[nodiscard]] TypedValue typed_value(const classroom::Setting& setting);

/// The text to store for what the field holds, of a setting of that type; nullopt: it does not fit,
/// and the fault is noted. A text is taken as it is, other values as JSON writes them.
std::optional<std::string> stored_text(BodyFields& fields, std::string_view field,
                                       std::string_view type);

/// The same within the range of a setting that this server follows.
std::optional<std::string> stored_text(BodyFields& fields, std::string_view field,
                                       const classroom::KnownSetting& known);

/// The same for the text of a new setting, which says its value in a text whatever its type.
std::optional<std::string> stored_text(BodyFields& fields, std::string_view field,
                                       std::string_view type, const std::string& text);

}  // namespace cellmon::api
