#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "http/cors.hpp"
#include "http/response.hpp"

namespace cellmon::http {

/// What the answer has to know of its request.
struct HeadContext {
    std::string_view date;  ///< http_date() of now.
    const CorsPolicy* cors = nullptr;
    std::string_view origin;
    bool has_cookie = false;
    bool close = false;
    bool http_1_0 = false;  ///< Persistence must be said, it is not the default.
};

/// Appends the status line and all header fields up to the empty line. Control characters in values
/// of `response.headers` become spaces, so that no value can add a field.
void append_head(std::string& out, const Response& response, const HeadContext& context);

/// Whether an answer of that status has no body (RFC 9110: 1xx, 204, 304).
[[nodiscard]] bool is_bodiless(unsigned status);

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
[[nodiscard]] std::string http_date(TimeUs time);

}  // namespace cellmon::http
