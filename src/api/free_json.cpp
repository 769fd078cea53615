#include "api/free_json.hpp"

#include <functional>

#include <fmt/format.h>

#include "api/body_fields.hpp"
#include "event/body_error.hpp"
#include "event/document_parser.hpp"

namespace cellmon::api {
namespace {

using event::DocumentParser;
using event::JsonKind;
using event::JsonValue;

tl::unexpected<http::Response> faulty(const event::BodyError& error) {
    return tl::unexpected(
        http::error_response_json(static_cast<unsigned>(error.status), error.detail_json));
}

tl::unexpected<http::Response> no_object(std::string_view loc) {
    Issues issues;
    issues.add("model_attributes_type", loc,
               "Input should be a valid dictionary or object to extract fields from", "null");
    return tl::unexpected(issues.refusal());
}

/// The value lives as long as the parser.
tl::expected<JsonValue, http::Response> parsed(DocumentParser& parser,
                                               const http::Request& request) {
    auto value = parser.parse(parser.load(request.body));
    if (value) return *value;
    return faulty(
        event::broken_json(request.body, value.error() == DocumentParser::Failure::too_deep));
}

std::string written(const JsonValue& value) {
    event::TextPool pool;
    std::string json;
    event::ValueWriter(pool).write(json, value);
    return json;
}

}  // namespace

tl::expected<std::string, http::Response> free_object(const http::Request& request) {
    if (request.body.empty()) return faulty(event::missing_body());
    if (!request.has_content_type("application/json")) return no_object(R"("body")");
    DocumentParser parser;
    auto value = parsed(parser, request);
    if (!value) return tl::unexpected(std::move(value).error());
    if (value->kind() != JsonKind::object) return no_object(R"("body")");
    return written(*value);
}

tl::expected<std::vector<std::string>, http::Response> free_objects(const http::Request& request,
                                                                    std::size_t most) {
    if (request.body.empty()) return faulty(event::missing_body());
    if (!request.has_content_type("application/json")) return faulty(event::not_a_list("null"));
    DocumentParser parser;
    auto value = parsed(parser, request);
    if (!value) return tl::unexpected(std::move(value).error());
    if (value->kind() != JsonKind::array) return faulty(event::not_a_list("null"));
    std::vector<std::string> objects;
    for (const simdjson::dom::element item : value->array()) {
        if (objects.size() == most) {
            return faulty(event::too_many_items(value->array().size(), most));
        }
        const JsonValue object = value->child(item);
        if (object.kind() != JsonKind::object) {
            return no_object(fmt::format(R"("body",{})", objects.size()));
        }
        objects.push_back(written(object));
    }
    return objects;
}

}  // namespace cellmon::api
