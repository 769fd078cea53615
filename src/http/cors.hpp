#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/response.hpp"

namespace cellmon::http {

/// Which pages of other origins may use the API. The default lets every page in.
struct CorsPolicy {
    bool any_origin = true;
    std::vector<std::string> origins;  ///< Asked when `any_origin` is false; compared exactly.
    bool credentials = true;
    unsigned max_age_s = 600;  ///< How long a browser keeps the answer of a preflight.

    [[nodiscard]] bool allows(std::string_view origin) const;
};

/// Appends the CORS fields of an ordinary answer: nothing without an origin or for one that is not
/// allowed; `*`, or the origin itself when the request has a cookie or the policy names origins.
void append_cors_fields(std::string& head, const CorsPolicy& policy, std::string_view origin,
                        bool has_cookie);

/// The answer to a preflight. `requested_headers` is mirrored; 400 for an origin that is not
/// allowed.
[[nodiscard]] Response preflight_response(const CorsPolicy& policy, std::string_view origin,
                                          std::string_view requested_headers);

}  // namespace cellmon::http
