#include "event/field_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "event/number_text.hpp"
#include "event/text.hpp"

namespace cellmon::event {
namespace {

constexpr TimeUs kFirstTime = -62'167'219'200'000'000;  // 0000-01-01T00:00:00Z
constexpr TimeUs kLastTime = 253'402'300'799'999'999;   // 9999-12-31T23:59:59.999999Z

FieldValue kept() {
    return {.fate = Fate::kept};
}

FieldValue refused(std::string_view reason) {
    return {.fate = Fate::refused, .reason = reason};
}

FieldValue set_text(CleanText text) {
    return {.fate = Fate::set, .text = text};
}

FieldValue set_integer(std::int64_t integer) {
    return {.fate = Fate::set, .integer = integer};
}

FieldValue set_number(double number) {
    return {.fate = Fate::set, .number = number};
}

FieldValue set_boolean(bool boolean) {
    return {.fate = Fate::set, .boolean = boolean};
}

FieldValue read_lines(std::string_view separator, const JsonValue& sent, TextPool& pool) {
    std::string joined;
    bool first = true;
    for (const auto element : sent.array()) {
        const JsonValue line = sent.child(element);
        if (line.kind() != JsonKind::text) {
            return refused("an array for this field may hold only strings");
        }
        if (!first) joined.append(separator);
        first = false;
        joined.append(line.text());
    }
    return set_text(clean(pool.store(std::move(joined)), pool));
}

FieldValue read_text(const FieldInfo& field, const JsonValue& sent, TextPool& pool) {
    switch (sent.kind()) {
        case JsonKind::text:
            break;
        case JsonKind::boolean:
            return refused("a boolean is not accepted for a string");
        case JsonKind::object:
            return refused("an object is not accepted for a string");
        case JsonKind::array:
            if (!field.line_separator) return refused("an array is not accepted for a string");
            return read_lines(*field.line_separator, sent, pool);
        default:
            return refused("a number is not accepted for a string");
    }
    const CleanText text = clean(sent.text(), pool);
    if (!field.values.empty() &&
        std::ranges::find(field.values, text.bytes) == field.values.end()) {
        return kept();
    }
    return set_text(text);
}

FieldValue read_time(const JsonValue& sent) {
    if (sent.kind() != JsonKind::text) return refused("a date-time is a string");
    const auto time = parse_time(trim(sent.text()));
    if (!time || *time < kFirstTime || *time > kLastTime) return kept();
    return set_integer(*time);
}

/// `value` or, where it is none that an integer field can hold, kept.
FieldValue integral(double value) {
    const auto integer = exact_integer(value);
    return integer ? set_integer(*integer) : kept();
}

FieldValue read_integer_text(std::string_view text) {
    text = trim(text);
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    if (result.ec == std::errc{} && result.ptr == end) return set_integer(value);
    if (!is_json_number(text)) return refused("the string is not an integer");
    // Beyond 2^53 a double would be another number than the text.
    constexpr double kExactBelow = 9007199254740992.0;
    const auto number = nearest_double(text);
    return number && *number < kExactBelow && *number > -kExactBelow ? integral(*number) : kept();
}

FieldValue read_integer(const FieldInfo& field, const JsonValue& sent) {
    FieldValue value;
    switch (sent.kind()) {
        case JsonKind::integer:
            value = set_integer(sent.integer());
            break;
        case JsonKind::real:
            value = integral(sent.real());
            break;
        case JsonKind::boolean:
            value = set_integer(sent.boolean() ? 1 : 0);
            break;
        case JsonKind::text:
            value = read_integer_text(sent.text());
            break;
        case JsonKind::natural:
        case JsonKind::vast:
            return kept();
        case JsonKind::array:
            return refused("an array is not accepted for an integer");
        default:
            return refused("an object is not accepted for an integer");
    }
    if (value.is_set() && value.integer < field.minimum) return kept();
    return value;
}

FieldValue read_number_text(std::string_view text) {
    text = trim(text);
    if (!is_json_number(text)) return refused("the string is not a number");
    const auto number = nearest_double(text);
    return number ? set_number(*number) : kept();
}

FieldValue read_number(const JsonValue& sent) {
    switch (sent.kind()) {
        case JsonKind::integer:
            return set_number(static_cast<double>(sent.integer()));
        case JsonKind::natural:
            return set_number(static_cast<double>(sent.natural()));
        case JsonKind::real:
            return set_number(sent.real());
        case JsonKind::vast:
            return read_number_text(sent.vast());
        case JsonKind::boolean:
            return set_number(sent.boolean() ? 1 : 0);
        case JsonKind::text:
            return read_number_text(sent.text());
        case JsonKind::array:
            return refused("an array is not accepted for a number");
        default:
            return refused("an object is not accepted for a number");
    }
}

FieldValue read_boolean_text(std::string_view text) {
    constexpr std::array<std::string_view, 6> kTrue{"true", "yes", "on", "1", "t", "y"};
    constexpr std::array<std::string_view, 6> kFalse{"false", "no", "off", "0", "f", "n"};
    std::string lower(trim(text));
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (std::ranges::find(kTrue, lower) != kTrue.end()) return set_boolean(true);
    if (std::ranges::find(kFalse, lower) != kFalse.end()) return set_boolean(false);
    return refused("the string is not a boolean");
}

FieldValue read_boolean(const JsonValue& sent) {
    double number = 2;
    switch (sent.kind()) {
        case JsonKind::boolean:
            return set_boolean(sent.boolean());
        case JsonKind::text:
            return read_boolean_text(sent.text());
        case JsonKind::integer:
            number = static_cast<double>(sent.integer());
            break;
        case JsonKind::real:
            number = sent.real();
            break;
        case JsonKind::array:
            return refused("an array is not accepted for a boolean");
        case JsonKind::object:
            return refused("an object is not accepted for a boolean");
        default:
            break;
    }
    if (number == 0 || number == 1) return set_boolean(number == 1);
    return refused("of numbers, only 1 and 0 are booleans");
}

}  // namespace

FieldValue read_field_value(const FieldInfo& field, const JsonValue& sent, TextPool& pool) {
    if (sent.kind() == JsonKind::null) return {};
    switch (field.kind) {
        case Kind::text:
            return read_text(field, sent, pool);
        case Kind::time:
            return read_time(sent);
        case Kind::integer:
            return read_integer(field, sent);
        case Kind::number:
            return read_number(sent);
        case Kind::boolean:
            return read_boolean(sent);
        case Kind::object:
            break;
    }
    if (sent.kind() != JsonKind::object) return refused("only an object is accepted");
    return {.fate = Fate::set};
}

}  // namespace cellmon::event
