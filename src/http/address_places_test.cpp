// Goal: each address has its places and no more, those given back are free again, and nothing is
// kept of who has left. Method: calls; threads that take and give back at once.
#include "http/address_places.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace cellmon::http {
namespace {

TEST(AddressPlaces, EachAddressHasSoMany) {
    AddressPlaces places(2);
    auto first = places.take("10.0.0.1");
    const auto second = places.take("10.0.0.1");
    ASSERT_TRUE(first && second);
    EXPECT_EQ(places.take("10.0.0.1"), nullptr);
    EXPECT_FALSE(places.has_place("10.0.0.1"));
    EXPECT_TRUE(places.has_place("10.0.0.2"));
    const auto other = places.take("10.0.0.2");
    EXPECT_TRUE(other);
    EXPECT_EQ(places.owners(), 2U);
    first.reset();
    EXPECT_TRUE(places.has_place("10.0.0.1"));
    EXPECT_TRUE(places.take("10.0.0.1"));
}

TEST(AddressPlaces, NothingIsKeptOfWhoHasLeft) {
    AddressPlaces places(1);
    for (const char* address : {"10.0.0.1", "fe80::1%lo", "::1", "10.0.0.1", "no address"})
        EXPECT_TRUE(places.take(address)) << address;
    EXPECT_EQ(places.owners(), 0U);
}

TEST(AddressPlaces, ANetworkOfIPv6IsOneOwner) {
    EXPECT_EQ(owner_of_address("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(owner_of_address("::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(owner_of_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    EXPECT_EQ(owner_of_address("2001:db8:1:2::7"), owner_of_address("2001:db8:1:2:ffff::"));
    EXPECT_NE(owner_of_address("2001:db8:1:2::7"), owner_of_address("2001:db8:1:3::7"));
    EXPECT_EQ(owner_of_address(""), "");
}

TEST(AddressPlaces, ManyThreadsTakeNoMoreThanThereAre) {
    constexpr std::size_t kEach = 5;
    AddressPlaces places(kEach);
    std::atomic<std::size_t> held{0};
    std::atomic<std::size_t> most{0};
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&] {
            for (int round = 0; round < 2'000; ++round) {
                const auto place = places.take("10.0.0.1");
                if (!place) continue;
                const std::size_t now = ++held;
                for (std::size_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);)
                    continue;
                --held;
            }
        });
    }
    threads.clear();
    EXPECT_LE(most, kEach);
    EXPECT_EQ(places.owners(), 0U);
}

}  // namespace
}  // namespace cellmon::http
