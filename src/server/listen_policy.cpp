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

http::CorsPolicy cors_policy(const config::Config& config) {
    const bool loopback = is_loopback(config.listen.host);
    http::CorsPolicy policy;
    policy.any_origin = false;
    // To other machines' browsers `localhost` is their own machine.
    policy.this_machine = loopback;
    policy.origins = parts_of(config.auth.origins);
    // Also with tokens: no page of another name is to find out what a server on loopback says.
    policy.check_host = true;
    // Whoever connects to an address has it from nobody's page: it is one of this server, or of
    // what forwards to it.
    policy.addresses = !loopback;
    for (const std::string& host : parts_of(config.auth.hosts))
        policy.hosts.push_back(http::host_of(host));
    return policy;
}

Result<void> check_listen_address(const config::Config& config) {
    const config::ListenAddress& listen = config.listen;
    if (is_loopback(listen.host)) return {};
    if (config.auth.mode == auth::Mode::required && !config.auth.secret.empty()) return {};
    return fail(
        ErrorCode::invalid,
        fmt::format("refusing to listen on {}: other machines could reach it, so it needs "
                    "auth.mode = required (CELLMON_AUTH_MODE=required) and an auth.secret "
                    "(CELLMON_AUTH_SECRET, for example from: openssl rand -base64 48); events then "
                    "need a class key (cellmon admin create-key). Without them only a loopback "
                    "address is safe: --listen 127.0.0.1:{}",
                    listen.host, listen.port));
}

}  // namespace cellmon::server
