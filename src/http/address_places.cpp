#include "http/address_places.hpp"

#include <algorithm>
#include <cstdint>

#include <boost/asio/ip/address.hpp>

namespace cellmon::http {

std::string owner_of_address(std::string_view address) {
    namespace ip = boost::asio::ip;
    boost::system::error_code error;
    const auto parsed = ip::make_address(std::string(address), error);
    if (error || parsed.is_v4()) return std::string(address);
    if (parsed.to_v6().is_v4_mapped()) {
        return ip::make_address_v4(ip::v4_mapped, parsed.to_v6()).to_string();
    }
    constexpr std::ptrdiff_t kNetworkBytes = 8;
    auto bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + kNetworkBytes, bytes.end(), std::uint8_t{0});
    return ip::address_v6(bytes).to_string();
}

AddressPlaces::Place::~Place() {
    const std::lock_guard lock(owner_.mutex_);
    if (--count_->second == 0) owner_.counts_.erase(count_);
}

AddressPlaces::PlacePtr AddressPlaces::take(std::string_view address) {
    std::string owner = owner_of_address(address);
    const std::lock_guard lock(mutex_);
    const auto count = counts_.try_emplace(std::move(owner), 0).first;
    if (count->second >= each_) return nullptr;
    ++count->second;
    return std::make_unique<Place>(*this, count);
}

bool AddressPlaces::has_place(std::string_view address) const {
    const std::string owner = owner_of_address(address);
    const std::lock_guard lock(mutex_);
    const auto count = counts_.find(owner);
    return count == counts_.end() || count->second < each_;
}

std::size_t AddressPlaces::owners() const {
    const std::lock_guard lock(mutex_);
    return counts_.size();
}

}  // namespace cellmon::http
