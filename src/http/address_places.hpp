#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace cellmon::http {

/// Who is behind an address, as far as it tells: an IPv4 address itself, of an IPv6 address its
/// network of /64, all of which one machine may use. What is no address stands for itself.
[[nodiscard]] std::string owner_of_address(std::string_view address);

/// So many places for the clients of each address, so that one machine cannot take all there are.
/// Any thread. Must outlive its places.
class AddressPlaces {
    using Counts = std::map<std::string, std::size_t, std::less<>>;

  public:
    explicit AddressPlaces(std::size_t each) : each_(each) {}

    /// Is given back when it is destroyed.
    class Place {
      public:
        Place(AddressPlaces& owner, Counts::iterator count) : owner_(owner), count_(count) {}
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

      private:
        AddressPlaces& owner_;
        const Counts::iterator count_;
    };
    using PlacePtr = std::unique_ptr<Place>;

    /// Null when those of the address are all taken.
    [[nodiscard]] PlacePtr take(std::string_view address);
    [[nodiscard]] bool has_place(std::string_view address) const;

    /// Addresses that hold a place.
    [[nodiscard]] std::size_t owners() const;

  private:
    const std::size_t each_;
    mutable std::mutex mutex_;
    Counts counts_;  ///< None is 0.
};

}  // namespace cellmon::http
