#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/response.hpp"

namespace cellmon::http {

/// Which pages of other origins may use the API, and under which names. The default lets every page
/// in, and every name.
struct CorsPolicy {
    bool any_origin = true;
    std::vector<std::string> origins;  ///< Asked when `any_origin` is false; compared exactly.
    bool this_machine = false;         ///< Pages of this machine, whatever the port, as well.
    bool credentials = true;
    unsigned max_age_s = 600;  ///< How long a browser keeps the answer of a preflight.

    /// Requests must name this machine, or one of `hosts`, in their Host field. A page whose own
    /// name was pointed at this machine (DNS rebinding) is of no other origin to its browser, but
    /// gives itself away by that name.
    bool check_host = false;
    std::vector<std::string> hosts;  ///< By host_of().
    bool addresses = false;          ///< And any IP address, which is nobody's name to point.

    [[nodiscard]] bool allows(std::string_view origin) const;
    [[nodiscard]] bool allows_host(std::string_view host_field) const;

    /// Whether a page of that origin may ask for a change: browsers send such a request of any page
    /// without a question before, when it looks like that of a form.
    [[nodiscard]] bool may_change(std::string_view origin, std::string_view host_field) const;
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
