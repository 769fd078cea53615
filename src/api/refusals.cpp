#include "api/refusals.hpp"

#include <fmt/format.h>

#include "api/accept.hpp"
#include "base/clock.hpp"

namespace cellmon::api {

http::Response store_refusal(const Error& error) {
    switch (error.code) {
        case ErrorCode::already_exists:
            return http::error_response(409, "It exists already");
        case ErrorCode::reference:
            return http::error_response(409,
                                        "Other rows name it, or it names one that is not there");
        case ErrorCode::invalid:
            return http::error_response_json(
                422, R"([{"type":"value_error","loc":["body"],)"
                     R"("msg":"Value error, a value does not fit","input":null}])");
        default:
            return http::unavailable_response("The classroom's database is away; try again");
    }
}

http::Response unauthorized(std::string_view detail) {
    http::Response response = http::error_response(401, detail);
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

http::Response not_allowed() {
    return http::error_response(403, "This account may not do that");
}

http::Response too_many(std::string_view detail, std::int64_t wait_us) {
    http::Response response = http::error_response(429, detail);
    response.headers.emplace_back("Retry-After",
                                  std::to_string((wait_us + kSecondUs - 1) / kSecondUs));
    return response;
}

std::string version_tag(std::int64_t version) {
    return fmt::format("\"{}\"", version);
}

std::optional<http::Response> stale(const http::Request& request, std::int64_t version) {
    return stale(request, version_tag(version));
}

std::optional<http::Response> stale(const http::Request& request, std::string_view tag) {
    const auto field = request.headers.find("if-match");
    // The comparison of this field is the strong one (RFC 9110, 13.1.1): a weak tag matches none.
    if (!field) return std::nullopt;
    const bool weak = field->find("W/") != std::string_view::npos;
    if (!weak && lists_tag(*field, tag)) return std::nullopt;
    http::Response response =
        http::error_response(412, "It was changed meanwhile; read it again and repeat the change");
    response.headers.emplace_back("ETag", tag);
    return response;
}

http::Response tagged(const http::Request& request, std::string json, std::string tag) {
    http::Response response = http::json_response(200, std::move(json));
    if (lists_tag(request.header("if-none-match"), tag)) {
        response.status = 304;
        response.body = std::string();
    }
    response.headers = {{"ETag", std::move(tag)}, {"Cache-Control", "private, no-cache"}};
    return response;
}

}  // namespace cellmon::api
