#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "api/body_fields.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "sql/conditions.hpp"

namespace cellmon::api {

// What the routes of classes read of requests, besides the fields of bodies.

/// `skip` and `limit` of a list, 100 rows unless told otherwise, 1,000 at most.
[[nodiscard]] tl::expected<sql::Page, http::Response> page_of(const http::Request& request);

/// An id in the query; nullopt when it is absent.
[[nodiscard]] tl::expected<std::optional<std::int64_t>, http::Response> query_id(
    const http::Request& request, std::string_view name);

/// 413 for a body of more than `most` bytes; nullopt: go on.
[[nodiscard]] std::optional<http::Response> too_large(const http::Request& request,
                                                      std::size_t most);

/// What names one row: more is 413.
inline constexpr std::size_t kRowBodyBytes = 256U << 10U;

/// `BodyFields::parse` for one row.
[[nodiscard]] tl::expected<BodyFields, http::Response> row_fields(const http::Request& request);

/// 422 for an id in the body that no row has, or none that is known to whoever asks.
[[nodiscard]] http::Response unknown_id(std::string_view field, std::string_view what,
                                        std::int64_t id);

/// `Class with id 7 not found`
[[nodiscard]] std::string missing_text(std::string_view what, std::int64_t id);

/// The path parameter as an id; the error is 422, or 404 as missing_text() has it.
[[nodiscard]] tl::expected<std::int64_t, http::Response> row_id(const http::Request& request,
                                                                std::string_view name,
                                                                std::string_view what);

}  // namespace cellmon::api
