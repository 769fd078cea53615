#include "http/authority.hpp"

#include <algorithm>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

namespace cellmon::http {

std::string host_of(std::string_view authority) {
    const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
    if (bracket == std::string_view::npos) return {};
    std::string host(authority.substr(0, authority.find(':', bracket)));
    std::transform(host.begin(), host.end(), host.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return host;
}

std::string host_of_origin(std::string_view origin) {
    const auto scheme = origin.find("://");
    if (scheme == std::string_view::npos) return {};
    return host_of(origin.substr(scheme + 3));
}

bool is_this_machine(std::string_view host) {
    if (host == "localhost" || host == "[::1]") return true;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address_v4(std::string(host), error);
    return !error && address.is_loopback();
}

bool is_ip_address(std::string_view host) {
    boost::system::error_code error;
    if (host.starts_with('[') && host.ends_with(']')) {
        boost::asio::ip::make_address_v6(std::string(host.substr(1, host.size() - 2)), error);
    } else {
        boost::asio::ip::make_address_v4(std::string(host), error);
    }
    return !error;
}

}  // namespace cellmon::http
