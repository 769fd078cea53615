// What a server may be asked by whom, before any token is looked at.
#include <fmt/format.h>

#include "http/authority.hpp"
#include "server/classroom.hpp"
#include "server/loopback.hpp"

namespace cellmon::server {
namespace {

std::vector<std::string> parts_of(std::string_view list) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        std::string_view part = list.substr(0, list.find(','));
        list.remove_prefix(std::min(part.size() + 1, list.size()));
        while (part.starts_with(' '))
            part.remove_prefix(1);
        while (part.ends_with(' '))
            part.remove_suffix(1);
        if (!part.empty()) parts.emplace_back(part);
    }
    return parts;
}

}  // namespace

http::CorsPolicy cors_policy(const auth::AuthOptions& options) {
    http::CorsPolicy policy;
    policy.any_origin = false;
    policy.this_machine = true;
    policy.origins = parts_of(options.origins);
    // Also with tokens: no page of another name is to find out what a server on loopback says.
    policy.check_host = true;
    for (const std::string& host : parts_of(options.hosts))
        policy.hosts.push_back(http::host_of(host));
    return policy;
}

Result<void> check_listen_address(const config::Config& config) {
    const config::ListenAddress& listen = config.listen;
    if (is_loopback(listen.host)) return {};
    if (config.auth.mode != auth::Mode::required || config.auth.secret.empty()) {
        return fail(
            ErrorCode::invalid,
            fmt::format("refusing to listen on {}: other machines could reach it, so it "
                        "needs auth.mode = required and an auth.secret (CELLMON_AUTH_SECRET, "
                        "for example from: openssl rand -base64 48). Without them only a "
                        "loopback address is safe: --listen 127.0.0.1:{}",
                        listen.host, listen.port));
    }
    return fail(ErrorCode::invalid,
                fmt::format("refusing to listen on {}, in this version also with auth.mode = "
                            "required: events need no token, and the class keys that will take its "
                            "place come with classes. Use a loopback address, --listen "
                            "127.0.0.1:{}, behind a proxy that you protect, and name the proxy in "
                            "auth.hosts",
                            listen.host, listen.port));
}

}  // namespace cellmon::server
