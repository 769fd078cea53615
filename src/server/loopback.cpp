#include "server/loopback.hpp"

#include <boost/asio/ip/address.hpp>

namespace cellmon::server {

bool is_loopback(std::string_view host) {
    if (host == "localhost") return true;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(host, error);
    return !error && address.is_loopback();
}

}  // namespace cellmon::server
