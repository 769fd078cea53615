#include "api/setting_values.hpp"

#include <charconv>

#include <fmt/format.h>
#include <simdjson.h>

#include "api/parameters.hpp"
#include "event/text.hpp"

namespace cellmon::api {
namespace {

using Element = BodyFields::Element;
using Presence = BodyFields::Presence;

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view type_name(const Element& value) {
    switch (value.type()) {
        case simdjson::dom::element_type::ARRAY:
            return "list";
        case simdjson::dom::element_type::OBJECT:
            return "dict";
        case simdjson::dom::element_type::INT64:
        case simdjson::dom::element_type::UINT64:
            return "int";
        case simdjson::dom::element_type::DOUBLE:
            return "float";
        case simdjson::dom::element_type::BOOL:
            return "bool";
        case simdjson::dom::element_type::NULL_VALUE:
            return "NoneType";
        case simdjson::dom::element_type::STRING:
            break;
    }
    return "str";
}

TypedValue plain_text(const std::string& text) {
    TypedValue value{"", "str"};
    event::append_json_string(value.json, text);
    return value;
}

const char* truth_text(bool truth) {
    return truth ? "true" : "false";
}

}  // namespace

TypedValue typed_value(const classroom::Setting& setting) {
    if (setting.type == "int") {
        if (const auto number = whole_number(setting.value)) {
            return {std::to_string(*number), "int"};
        }
    } else if (setting.type == "bool") {
        return {truth_text(truth_of(setting.value).value_or(false)), "bool"};
    } else if (setting.type == "json") {
        simdjson::dom::parser parser;
        Element value;
        if (parser.parse(setting.value).get(value) == simdjson::SUCCESS) {
            return {simdjson::minify(value), type_name(value)};
        }
    }
    return plain_text(setting.value);
}

std::optional<std::string> stored_text(BodyFields& fields, std::string_view field,
                                       std::string_view type) {
    const auto value = fields.any(field, Presence::required);
    if (!value) return std::nullopt;
    if (type == "int") {
        if (value->is_bool() || value->is_null()) {
            fields.refuse(field, "int_type", "Input should be a valid integer");
            return std::nullopt;
        }
        const auto number = fields.integer(field, Presence::required);
        if (!number) return std::nullopt;
        return std::to_string(*number);
    }
    if (type == "bool") {
        const auto truth = fields.boolean(field, Presence::required);
        if (!truth) return std::nullopt;
        return truth_text(*truth);
    }
    if (type != "json" && value->is_string()) {
        return fields.nullable_text(field, classroom::kSettingValue).value;
    }
    if (type != "json" && value->is_null()) {
        fields.refuse(field, "string_type", "Input should be a valid string");
        return std::nullopt;
    }
    std::string text = simdjson::minify(*value);
    if (classroom::fits(text, classroom::kSettingValue)) return text;
    fields.refuse(
        field, "string_too_long",
        fmt::format("JSON should have at most {} characters", classroom::kSettingValue.most));
    return std::nullopt;
}

std::optional<std::string> stored_text(BodyFields& fields, std::string_view field,
                                       const classroom::KnownSetting& known) {
    auto text = stored_text(fields, field, known.truth != nullptr ? "bool" : "int");
    classroom::AlertSettings probe;
    if (!text || known.take(probe, *text)) return text;
    fields.refuse(field, "value_error",
                  fmt::format("Value error, {} should be between {} and {}", known.key, known.least,
                              known.most));
    return std::nullopt;
}

std::optional<std::string> stored_text(BodyFields& fields, std::string_view field,
                                       std::string_view type, const std::string& text) {
    if (type == "int") {
        if (const auto number = whole_number(text)) return std::to_string(*number);
        fields.refuse(field, "int_parsing",
                      "Input should be a valid integer, unable to parse string as an integer");
        return std::nullopt;
    }
    if (type == "bool") {
        if (const auto truth = truth_of(text)) return truth_text(*truth);
        fields.refuse(field, "bool_parsing",
                      "Input should be a valid boolean, unable to interpret input");
        return std::nullopt;
    }
    if (type != "json") return text;
    simdjson::dom::parser parser;
    Element value;
    if (parser.parse(text).get(value) == simdjson::SUCCESS) return simdjson::minify(value);
    fields.refuse(field, "value_error", "Value error, the text of a setting of type json is JSON");
    return std::nullopt;
}

}  // namespace cellmon::api
