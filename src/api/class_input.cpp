#include "api/class_input.hpp"

#include <limits>

#include <fmt/format.h>

#include "api/parameters.hpp"

namespace cellmon::api {
namespace {

/// More rows than any table of ours has; OFFSET takes no larger number than 2^63.
constexpr std::uint64_t kMostSkipped = 1'000'000'000'000;

}  // namespace

tl::expected<sql::Page, http::Response> page_of(const http::Request& request) {
    const auto skip = query_number(request, "skip", 0, 0, kMostSkipped);
    if (!skip) return tl::unexpected(skip.error());
    const auto limit = query_number(request, "limit", 100, 1, 1'000);
    if (!limit) return tl::unexpected(limit.error());
    return sql::Page{*skip, *limit};
}

tl::expected<std::optional<std::int64_t>, http::Response> query_id(const http::Request& request,
                                                                   std::string_view name) {
    if (!request.query_value(name)) return std::optional<std::int64_t>();
    const auto id = query_number(request, name, 0, 0, std::numeric_limits<std::int64_t>::max());
    if (!id) return tl::unexpected(id.error());
    return std::optional(static_cast<std::int64_t>(*id));
}

std::optional<http::Response> too_large(const http::Request& request, std::size_t most) {
    if (request.body.size() <= most) return std::nullopt;
    return http::error_response(
        413, fmt::format("Body of {} bytes exceeds maximum allowed size of {}", request.body.size(),
                         most));
}

tl::expected<BodyFields, http::Response> row_fields(const http::Request& request) {
    if (auto refusal = too_large(request, kRowBodyBytes)) return tl::unexpected(*refusal);
    return BodyFields::parse(request);
}

http::Response unknown_id(std::string_view field, std::string_view what, std::int64_t id) {
    Issues issues;
    issues.add("value_error", fmt::format(R"("body","{}")", field),
               "Value error, " + missing_text(what, id), std::to_string(id));
    return issues.refusal();
}

std::string missing_text(std::string_view what, std::int64_t id) {
    return fmt::format("{} with id {} not found", what, id);
}

tl::expected<std::int64_t, http::Response> row_id(const http::Request& request,
                                                  std::string_view name, std::string_view what) {
    return path_id(request, name,
                   fmt::format("{} with id {} not found", what, request.path_value(name)));
}

}  // namespace cellmon::api
