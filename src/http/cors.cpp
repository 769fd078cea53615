#include "http/cors.hpp"

#include <algorithm>

#include "http/authority.hpp"

namespace cellmon::http {

namespace {

void append_field(std::string& head, std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
}

}  // namespace

bool CorsPolicy::allows(std::string_view origin) const {
    return any_origin || (this_machine && is_this_machine(host_of_origin(origin))) ||
           std::find(origins.begin(), origins.end(), origin) != origins.end();
}

bool CorsPolicy::allows_host(std::string_view host_field) const {
    if (!check_host) return true;
    const std::string host = host_of(host_field);
    return is_this_machine(host) || (addresses && is_ip_address(host)) ||
           std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

bool CorsPolicy::may_change(std::string_view origin, std::string_view host_field) const {
    if (allows(origin)) return true;
    const std::string page = host_of_origin(origin);
    return !page.empty() && page == host_of(host_field);
}

void append_cors_fields(std::string& head, const CorsPolicy& policy, std::string_view origin,
                        bool has_cookie) {
    // An answer that depends on the origin must not be shared by a cache, whoever asked for it.
    const bool mirrored = !policy.any_origin || (has_cookie && !origin.empty());
    if (mirrored) append_field(head, "Vary", "Origin");
    if (origin.empty() || !policy.allows(origin)) return;
    append_field(head, "Access-Control-Allow-Origin", mirrored ? origin : "*");
    if (policy.credentials) append_field(head, "Access-Control-Allow-Credentials", "true");
}

Response preflight_response(const CorsPolicy& policy, std::string_view origin,
                            std::string_view requested_headers) {
    if (!policy.allows(origin)) {
        Response refused = text_response(400, "Disallowed CORS origin");
        refused.headers.emplace_back("Vary", "Origin");
        return refused;
    }
    Response response = text_response(200, "OK");
    auto& headers = response.headers;
    headers.emplace_back("Vary", "Origin");
    headers.emplace_back("Access-Control-Allow-Origin", origin);
    if (policy.credentials) headers.emplace_back("Access-Control-Allow-Credentials", "true");
    headers.emplace_back("Access-Control-Allow-Methods",
                         "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    if (!requested_headers.empty()) {
        headers.emplace_back("Access-Control-Allow-Headers", requested_headers);
    }
    headers.emplace_back("Access-Control-Max-Age", std::to_string(policy.max_age_s));
    return response;
}

}  // namespace cellmon::http
