// The readers of BodyFields for rows of classes.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "api/body_fields.hpp"
#include "classroom/students.hpp"
#include "event/text.hpp"

namespace cellmon::api {
namespace {

std::string quoted_json(std::string_view text) {
    std::string json;
    http::append_json_string(json, text);
    return json;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

/// A day is midnight in UTC, as the contract's server had it.
std::optional<TimeUs> time_of(std::string_view text) {
    constexpr std::size_t kDateLength = 10;
    std::string whole(text);
    if (whole.size() == kDateLength) whole += "T00:00:00Z";
    const auto time = parse_time(whole);
    // What format_time() could not say again.
    if (!time || *time < *parse_time("0001-01-01T00:00:00Z") ||
        *time > *parse_time("9999-12-31T23:59:59.999999Z")) {
        return std::nullopt;
    }
    return time;
}

}  // namespace

bool BodyFields::accepts(std::string_view field, std::string_view text, classroom::TextLimit limit,
                         bool several_lines) {
    const std::size_t length = classroom::characters_of(text);
    if (length < limit.least) {
        issues_->add("string_too_short", loc(field),
                     fmt::format("String should have at least {} character{}", limit.least,
                                 limit.least == 1 ? "" : "s"),
                     quoted_json(text), fmt::format(R"({{"min_length":{}}})", limit.least));
        return false;
    }
    if (length > limit.most) {
        issues_->add("string_too_long", loc(field),
                     fmt::format("String should have at most {} characters", limit.most), R"("")",
                     fmt::format(R"({{"max_length":{}}})", limit.most));
        return false;
    }
    const bool has_control = std::any_of(text.begin(), text.end(), [&](char c) {
        return is_control(c) && !(several_lines && (c == '\n' || c == '\r' || c == '\t'));
    });
    if (has_control) {
        issues_->add("value_error", loc(field), "Value error, control characters are no part of it",
                     quoted_json(text));
    }
    return !has_control;
}

std::optional<std::string> BodyFields::line(std::string_view field, Presence presence,
                                            classroom::TextLimit limit) {
    const auto value = find(field, presence, false);
    if (!value) return std::nullopt;
    auto found = text(field, *value, false);
    if (!found || !accepts(field, *found, limit, false)) return std::nullopt;
    return found;
}

std::optional<std::string> BodyFields::student_email(std::string_view field, Presence presence) {
    auto found = line(field, presence, {0, classroom::kStudentEmail.most});
    if (!found) return std::nullopt;
    const auto good = classroom::check_student_email(*found);
    if (good) return found;
    issues_->add("value_error", loc(field), "Value error, " + good.error().message,
                 quoted_json(*found));
    return std::nullopt;
}

std::optional<std::string> BodyFields::reference(std::string_view field) {
    const auto value = find(field, Presence::required, false);
    if (!value) return std::nullopt;
    if (value->is_int64()) return std::string(simdjson::minify(*value));
    const auto found = line(field, Presence::required, {1, kMostReference});
    if (!found) return std::nullopt;
    return quoted_json(*found);
}

std::optional<std::int64_t> BodyFields::id(std::string_view field, Presence presence) {
    const auto value = find(field, presence, false);
    if (!value) return std::nullopt;
    if (!value->is_null()) return integer(field, Presence::optional);
    issues_->add("int_type", loc(field), "Input should be a valid integer", "null");
    return std::nullopt;
}

Nullable<std::int64_t> BodyFields::nullable_id(std::string_view field) {
    const auto value = find(field, Presence::optional, false);
    if (!value) return {};
    return {true, integer(field, Presence::optional)};
}

Nullable<std::string> BodyFields::nullable_text(std::string_view field,
                                                classroom::TextLimit limit) {
    const auto value = find(field, Presence::optional, false);
    if (!value) return {};
    if (value->is_null()) return {true, std::nullopt};
    auto found = text(field, *value, false);
    if (!found || !accepts(field, *found, limit, true)) return {};
    return {true, std::move(found)};
}

Nullable<double> BodyFields::nullable_real(std::string_view field, double least, double most) {
    const auto value = find(field, Presence::optional, false);
    if (!value) return {};
    if (value->is_null()) return {true, std::nullopt};
    double number = 0;
    std::string_view text;
    bool truth = false;
    if (value->get(text) == simdjson::SUCCESS) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size() || std::isnan(number)) {
            issues_->add("float_parsing", loc(field),
                         "Input should be a valid number, unable to parse string as a number",
                         quoted_json(event::cut_utf8(text, 64)));
            return {};
        }
    } else if (value->get(truth) == simdjson::SUCCESS) {
        number = truth ? 1 : 0;
    } else if (value->get(number) != simdjson::SUCCESS) {
        issues_->add("float_type", loc(field), "Input should be a valid number",
                     std::string(simdjson::minify(*value)));
        return {};
    }
    if (number >= least && number <= most) return {true, number};
    const bool low = number < least;
    issues_->add(low ? "greater_than_equal" : "less_than_equal", loc(field),
                 fmt::format("Input should be {} than or equal to {}", low ? "greater" : "less",
                             low ? least : most),
                 std::string(simdjson::minify(*value)),
                 fmt::format(R"({{"{}":{}}})", low ? "ge" : "le", low ? least : most));
    return {};
}

std::optional<double> BodyFields::real(std::string_view field, double least, double most) {
    const auto value = find(field, Presence::required, false);
    if (!value) return std::nullopt;
    if (!value->is_null()) return nullable_real(field, least, most).value;
    issues_->add("float_type", loc(field), "Input should be a valid number", "null");
    return std::nullopt;
}

std::vector<std::pair<std::string, BodyFields>> BodyFields::named_objects(
    std::string_view field, std::size_t most, classroom::TextLimit key) {
    std::vector<std::pair<std::string, BodyFields>> list;
    const auto value = find(field, Presence::required, false);
    if (!value) return list;
    simdjson::dom::object object;
    if (value->get(object) != simdjson::SUCCESS) {
        issues_->add("dict_type", loc(field), "Input should be a valid dictionary",
                     std::string(simdjson::minify(*value)));
        return list;
    }
    std::unordered_map<std::string_view, std::size_t> places;
    for (const auto item : object) {
        BodyFields one = *this;
        one.at_ = loc(field);
        if (!one.accepts(item.key, item.key, key, false)) continue;
        one.at_ = one.loc(item.key);
        if (item.value.get(one.object_) != simdjson::SUCCESS) {
            issues_->add("model_attributes_type", one.at_,
                         "Input should be a valid dictionary or object to extract fields from",
                         std::string(simdjson::minify(item.value)));
            continue;
        }
        const auto [place, is_new] = places.emplace(item.key, list.size());
        if (!is_new) {
            list[place->second].second = std::move(one);
        } else if (list.size() < most) {
            list.emplace_back(item.key, std::move(one));
        } else {
            issues_->add("too_long", loc(field),
                         fmt::format("Dictionary should have at most {} items", most), "{}",
                         fmt::format(R"({{"max_length":{}}})", most));
            return {};
        }
    }
    return list;
}

Nullable<TimeUs> BodyFields::nullable_time(std::string_view field) {
    const auto value = find(field, Presence::optional, false);
    if (!value) return {};
    if (value->is_null()) return {true, std::nullopt};
    std::string_view text;
    if (value->get(text) != simdjson::SUCCESS) {
        issues_->add("datetime_type", loc(field), "Input should be a valid datetime",
                     std::string(simdjson::minify(*value)));
        return {};
    }
    const auto time = time_of(text);
    if (time) return {true, time};
    issues_->add("datetime_from_date_parsing", loc(field),
                 "Input should be a valid datetime or date",
                 quoted_json(event::cut_utf8(text, 64)));
    return {};
}

std::vector<BodyFields> BodyFields::separate_objects(std::string_view field, std::size_t most) {
    std::vector<BodyFields> list;
    const auto items = this->list(field, most);
    if (!items) return list;
    for (const Element item : *items) {
        BodyFields one = *this;
        one.issues_ = std::make_shared<Issues>();
        one.at_ = fmt::format("{},{}", loc(field), list.size());
        if (item.get(one.object_) != simdjson::SUCCESS) {
            one.issues_->add("model_attributes_type", one.at_,
                             "Input should be a valid dictionary or object to extract fields from",
                             "null");
        }
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace cellmon::api
