#include "server/listening.hpp"

#include <fmt/format.h>

namespace cellmon::server {

std::string url_of(const std::string& host, std::uint16_t port) {
    const bool is_v6 = host.find(':') != std::string::npos;
    return is_v6 ? fmt::format("http://[{}]:{}", host, port)
                 : fmt::format("http://{}:{}", host, port);
}

Result<std::uint16_t> listen_on(http::Server& server, const config::ListenAddress& address) {
    auto port = server.listen(address.host, address.port);
    if (port || port.error().code != ErrorCode::already_exists) return port;
    return fail(ErrorCode::already_exists,
                fmt::format("port {} on {} is taken by another program; choose another one with "
                            "--listen {}:PORT",
                            address.port, address.host, address.host));
}

}  // namespace cellmon::server
