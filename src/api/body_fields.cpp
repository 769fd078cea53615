#include "api/body_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "api/parameters.hpp"
#include "classroom/email.hpp"
#include "event/body_error.hpp"
#include "event/text.hpp"

namespace cellmon::api {
namespace {

constexpr std::string_view kMissing = "Field required";

std::string json_text(std::string_view text) {
    std::string json;
    http::append_json_string(json, text);
    return json;
}

/// What stands in an answer in place of a password.
constexpr std::string_view kHidden = R"("**********")";

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

/// What is in a path may be no UTF-8.
std::string printable(std::string_view text) {
    std::string plain(text.substr(0, 64));
    std::replace_if(
        plain.begin(), plain.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
        '?');
    return plain;
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

void Issues::add(std::string_view type, std::string_view loc, std::string_view message,
                 std::string_view input, std::string_view context) {
    if (list_.empty()) {
        const std::string_view place = loc.substr(loc.rfind(',') + 1);
        first_ = {std::string(place.starts_with('"') ? place.substr(1, place.size() - 2) : place),
                  std::string(message)};
    }
    list_ += list_.empty() ? '[' : ',';
    fmt::format_to(std::back_inserter(list_), R"({{"type":"{}","loc":[{}],"msg":{},"input":{})",
                   type, loc, json_text(message), input);
    if (!context.empty()) fmt::format_to(std::back_inserter(list_), R"(,"ctx":{})", context);
    // The three that the origin gives no page to (contract §1.3).
    if (type != "json_invalid" && type != "enum" && type != "value_error") {
        fmt::format_to(std::back_inserter(list_),
                       R"(,"url":"https://errors.pydantic.dev/2.6/v/{}")", type);
    }
    list_ += '}';
}

http::Response Issues::refusal() const {
    return http::error_response_json(422, list_ + "]");
}

tl::expected<BodyFields, http::Response> BodyFields::parse(const http::Request& request) {
    const auto refused = [](const event::BodyError& error) {
        return tl::unexpected(
            http::error_response_json(static_cast<unsigned>(error.status), error.detail_json));
    };
    if (request.body.empty()) return refused(event::missing_body());
    BodyFields fields;
    const auto no_object = [&](std::string_view input) {
        fields.issues_->add("model_attributes_type", R"("body")",
                            "Input should be a valid dictionary or object to extract fields from",
                            input);
        return tl::unexpected(fields.refusal());
    };
    // Of what is no JSON nothing is repeated: it may be the form of a login.
    if (!request.has_content_type("application/json")) return no_object(R"("")");
    Element root;
    const auto error = fields.parser_->parse(request.body).get(root);
    if (error != simdjson::SUCCESS) {
        return refused(event::broken_json(request.body, error == simdjson::DEPTH_ERROR));
    }
    if (root.get(fields.object_) != simdjson::SUCCESS) return no_object("null");
    return fields;
}

BodyFields::BodyFields()
    : parser_(std::make_shared<simdjson::dom::parser>()), issues_(std::make_shared<Issues>()) {}

std::optional<BodyFields> BodyFields::parse_message(std::string_view text) {
    BodyFields fields;
    const auto root = fields.parser_->parse(text.data(), text.size());
    if (root.get_object().get(fields.object_) != simdjson::SUCCESS) return std::nullopt;
    return fields;
}

std::string BodyFields::loc(std::string_view field) const {
    return at_ + ',' + json_text(field);
}

std::optional<BodyFields::Element> BodyFields::find(std::string_view field, Presence presence,
                                                    bool null_is_missing) {
    Element value;
    // The last of several fields of one name, as JSON is commonly read.
    bool found = false;
    for (const auto one : object_) {
        if (one.key != field) continue;
        value = one.value;
        found = true;
    }
    if (found && !(null_is_missing && value.is_null())) return value;
    if (presence == Presence::required) {
        issues_->add("missing", loc(field), kMissing, "{}");
    }
    return std::nullopt;
}

std::optional<std::string> BodyFields::text(std::string_view field, const Element& value,
                                            bool is_secret) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) return std::string(text);
    issues_->add("string_type", loc(field), "Input should be a valid string",
                 is_secret ? std::string(kHidden) : std::string(simdjson::minify(value)));
    return std::nullopt;
}

std::optional<std::string> BodyFields::name(std::string_view field, Presence presence,
                                            std::size_t most) {
    const auto value = find(field, presence, false);
    if (!value) return std::nullopt;
    auto found = text(field, *value, false);
    if (!found) return std::nullopt;
    const std::size_t length = characters(*found);
    if (length == 0) {
        issues_->add("string_too_short", loc(field), "String should have at least 1 character",
                     R"("")", R"({"min_length":1})");
    } else if (length > most) {
        issues_->add("string_too_long", loc(field),
                     fmt::format("String should have at most {} characters", most), R"("")",
                     fmt::format(R"({{"max_length":{}}})", most));
    } else if (has_control_characters(*found)) {
        issues_->add("value_error", loc(field), "Value error, control characters are no part of it",
                     json_text(*found));
    } else {
        return found;
    }
    return std::nullopt;
}

std::optional<std::string> BodyFields::secret(std::string_view field) {
    const auto value = find(field, Presence::required, false);
    if (!value) return std::nullopt;
    auto found = text(field, *value, true);
    if (found && found->size() > kMostSecretBytes) {
        issues_->add("string_too_long", loc(field),
                     fmt::format("String should have at most {} bytes", kMostSecretBytes), kHidden,
                     fmt::format(R"({{"max_length":{}}})", kMostSecretBytes));
        return std::nullopt;
    }
    return found;
}

std::optional<std::string> BodyFields::email(std::string_view field) {
    const auto value = find(field, Presence::required, false);
    if (!value) return std::nullopt;
    const auto found = text(field, *value, false);
    if (!found) return std::nullopt;
    auto normal = classroom::normal_email(*found);
    if (normal) return std::move(*normal);
    const std::string& message = normal.error().message;
    issues_->add(
        "value_error", loc(field), message, json_text(event::cut_utf8(*found, 254)),
        fmt::format(R"({{"reason":{}}})", json_text(message.substr(message.find(": ") + 2))));
    return std::nullopt;
}

std::optional<bool> BodyFields::boolean(std::string_view field, Presence presence) {
    const auto value = find(field, presence, false);
    if (!value) return std::nullopt;
    bool truth = false;
    if (value->get(truth) == simdjson::SUCCESS) return truth;
    std::string_view text;
    const bool is_text = value->get(text) == simdjson::SUCCESS;
    const std::string json = simdjson::minify(*value);
    double number = -1;
    if (value->get(number) == simdjson::SUCCESS && (number == 0 || number == 1)) return number == 1;
    const auto read = truth_of(is_text ? text : std::string_view(json));
    const bool container = value->is_array() || value->is_object() || value->is_null();
    if (read && !container) return read;
    issues_->add(container ? "bool_type" : "bool_parsing", loc(field),
                 container ? "Input should be a valid boolean"
                           : "Input should be a valid boolean, unable to interpret input",
                 json);
    return std::nullopt;
}

std::optional<std::int64_t> BodyFields::integer(std::string_view field, Presence presence) {
    const auto value = find(field, presence, true);
    if (!value) return std::nullopt;
    std::int64_t whole = 0;
    double real = 0;
    std::string_view text;
    bool truth = false;
    const auto fault = [&](std::string_view type, std::string_view message, std::string input) {
        issues_->add(type, loc(field), message, std::move(input));
        return std::nullopt;
    };
    const auto bounded = [&](std::int64_t number) -> std::optional<std::int64_t> {
        // 2^53: beyond it doubles skip whole numbers, and with them many who read JSON.
        constexpr std::int64_t kExact = 9'007'199'254'740'992;
        if (number >= -kExact && number <= kExact) return number;
        return fault("int_parsing_size",
                     "Unable to parse input as an integer, exceeded maximum size",
                     std::string(simdjson::minify(*value)));
    };
    if (value->get(whole) == simdjson::SUCCESS) return bounded(whole);
    if (value->get(truth) == simdjson::SUCCESS) return truth ? 1 : 0;
    if (value->get(text) == simdjson::SUCCESS) {
        if (const auto read = number_of<std::int64_t>(text)) return bounded(*read);
        return fault("int_parsing",
                     "Input should be a valid integer, unable to parse string as an integer",
                     json_text(event::cut_utf8(text, 64)));
    }
    if (value->get(real) != simdjson::SUCCESS) {
        return fault("int_type", "Input should be a valid integer",
                     std::string(simdjson::minify(*value)));
    }
    if (std::trunc(real) != real) {
        return fault("int_from_float",
                     "Input should be a valid integer, got a number with a fractional part",
                     std::string(simdjson::minify(*value)));
    }
    constexpr double kFits = 9e18;
    return bounded(static_cast<std::int64_t>(std::clamp(real, -kFits, kFits)));
}

std::optional<std::size_t> BodyFields::choice(std::string_view field, Presence presence,
                                              std::initializer_list<std::string_view> choices) {
    const auto value = find(field, presence, false);
    if (!value) return std::nullopt;
    std::string_view text;
    if (value->get(text) == simdjson::SUCCESS) {
        const auto* found = std::find(choices.begin(), choices.end(), text);
        if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    }
    std::string expected;
    for (const auto* one = choices.begin(); one != choices.end(); ++one) {
        if (one != choices.begin()) expected += one + 1 == choices.end() ? " or " : ", ";
        fmt::format_to(std::back_inserter(expected), "'{}'", *one);
    }
    issues_->add("enum", loc(field), "Input should be " + expected,
                 std::string(simdjson::minify(*value)),
                 fmt::format(R"({{"expected":{}}})", json_text(expected)));
    return std::nullopt;
}

std::optional<simdjson::dom::array> BodyFields::list(std::string_view field, std::size_t most) {
    const auto value = find(field, Presence::required, false);
    if (!value) return std::nullopt;
    simdjson::dom::array array;
    if (value->get(array) != simdjson::SUCCESS) {
        issues_->add("list_type", loc(field), "Input should be a valid list",
                     std::string(simdjson::minify(*value)));
        return std::nullopt;
    }
    // Its own count ends at 2^24; no body is that long.
    if (array.size() > most) {
        issues_->add("too_long", loc(field), fmt::format("List should have at most {} items", most),
                     "[]", fmt::format(R"({{"max_length":{}}})", most));
        return std::nullopt;
    }
    return array;
}

std::vector<BodyFields> BodyFields::objects(std::string_view field, std::size_t most) {
    std::vector<BodyFields> list;
    const auto items = this->list(field, most);
    if (!items) return list;
    for (const Element item : *items) {
        BodyFields one = *this;
        one.at_ = fmt::format("{},{}", loc(field), list.size());
        if (item.get(one.object_) != simdjson::SUCCESS) {
            issues_->add("model_attributes_type", one.at_,
                         "Input should be a valid dictionary or object to extract fields from",
                         std::string(simdjson::minify(item)));
            return list;
        }
        list.push_back(std::move(one));
    }
    return list;
}

void BodyFields::refuse(std::string_view field, std::string_view type, std::string_view message) {
    const auto value = find(field, Presence::optional, false);
    const bool hide = field.find("password") != std::string_view::npos;
    issues_->add(type, loc(field), message,
                 hide    ? std::string(kHidden)
                 : value ? std::string(simdjson::minify(*value))
                         : "null");
}

void BodyFields::refuse_inside(std::string_view field, std::string_view place,
                               std::string_view type, std::string_view message) {
    std::string where = loc(field);
    if (!place.empty()) (where += ',') += place;
    issues_->add(type, where, message, "null");
}

tl::expected<std::int64_t, http::Response> path_id(const http::Request& request,
                                                   std::string_view name,
                                                   std::string_view missing) {
    const std::string& text = request.path_value(name);
    const bool negative = text.starts_with('-');
    const std::string_view digits = std::string_view(text).substr(negative ? 1 : 0);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
        Issues issues;
        issues.add("int_parsing", fmt::format(R"("path","{}")", name),
                   "Input should be a valid integer, unable to parse string as an integer",
                   json_text(printable(text)));
        return tl::unexpected(issues.refusal());
    }
    const auto id = number_of<std::int64_t>(text);
    if (!id || *id < 1) return tl::unexpected(http::error_response(404, missing));
    return *id;
}

}  // namespace cellmon::api
