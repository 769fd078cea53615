#include "api/form.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "http/path.hpp"

namespace cellmon::api {
namespace {

std::string loc(std::string_view name) {
    return fmt::format(R"("body","{}")", name);
}

bool is_form_line(std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size()) &&
           std::none_of(text.begin(), text.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte < 0x20 || byte == 0x7f;
           });
}

}  // namespace

tl::expected<Form, http::Response> Form::of(const http::Request& request) {
    Form form;
    const auto broken = [](std::string_view why) {
        return tl::unexpected(
            http::error_response(400, fmt::format("There was an error parsing the body: {}", why)));
    };
    if (request.body.empty()) return form;
    if (request.has_content_type("multipart/form-data")) {
        auto parts = http::parse_multipart(request.header("content-type"), request.body);
        if (!parts) return broken(parts.error().message);
        form.parts_ = std::move(*parts);
    } else if (request.has_content_type("application/x-www-form-urlencoded")) {
        auto parameters = http::parse_query(request.body);
        if (!parameters) return broken("an escape is no character");
        form.parameters_ = std::move(*parameters);
    }
    return form;
}

const http::FormPart* Form::file(std::string_view name, Issues& issues) const {
    const http::FormPart* part = http::find_part(parts_, name);
    if (part != nullptr && part->filename) return part;
    if (part != nullptr) {
        issues.add("value_error", loc(name), "Value error, expected a file", "null");
    } else {
        issues.add("missing", loc(name), "Field required", "null");
    }
    return nullptr;
}

std::optional<std::string> Form::line(std::string_view name, classroom::TextLimit limit,
                                      Issues& issues) const {
    std::string text;
    if (const http::FormPart* part = http::find_part(parts_, name)) text = part->content;
    for (const http::Parameter& parameter : parameters_) {
        if (parameter.name == name) text = parameter.value;
    }
    if (text.empty()) return std::nullopt;
    if (!is_form_line(text)) {
        issues.add("value_error", loc(name), "Value error, it is no line of text in UTF-8", "null");
    } else if (!classroom::fits(text, limit)) {
        issues.add("string_too_long", loc(name),
                   fmt::format("String should have at most {} characters", limit.most), R"("")",
                   fmt::format(R"({{"max_length":{}}})", limit.most));
    } else {
        return text;
    }
    return std::nullopt;
}

}  // namespace cellmon::api
