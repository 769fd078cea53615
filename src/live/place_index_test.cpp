// Goal: each text is found at its place and no other is, also where many share a slot. Method: a
// class that grows, and keys that begin at one slot on purpose.

#include "live/place_index.hpp"

#include <string>

#include <gtest/gtest.h>

namespace cellmon::live {
namespace {

std::string email(std::uint32_t number) {
    return "student" + std::to_string(number) + "@example.com";
}

TEST(PlaceIndex, FindsEachOfAClassThatGrows) {
    constexpr std::uint32_t kStudents = 5'000;
    PlaceIndex index;
    for (std::uint32_t place = 0; place < kStudents; ++place) {
        const auto key = index.key_of(email(place));
        EXPECT_EQ(index.find(key), PlaceIndex::kNowhere);
        index.add(key, place);
        EXPECT_EQ(index.find(index.key_of(email(place / 2))), place / 2);
    }
    for (std::uint32_t place = 0; place < kStudents; ++place)
        EXPECT_EQ(index.find(index.key_of(email(place))), place);
    EXPECT_EQ(index.find(index.key_of(email(kStudents))), PlaceIndex::kNowhere);
}

TEST(PlaceIndex, TellsThoseOfOneSlotApart) {
    PlaceIndex index;
    for (std::uint32_t place = 0; place < 500; ++place) {
        const PlaceIndex::Key one{63, place};
        const PlaceIndex::Key other{std::uint64_t{place + 1} << 40U, 1};
        EXPECT_EQ(index.find(one), PlaceIndex::kNowhere);
        EXPECT_EQ(index.find(other), PlaceIndex::kNowhere);
        index.add(one, 2 * place);
        index.add(other, 2 * place + 1);
    }
    for (std::uint32_t place = 0; place < 500; ++place) {
        EXPECT_EQ(index.find({63, place}), 2 * place);
        EXPECT_EQ(index.find({std::uint64_t{place + 1} << 40U, 1}), 2 * place + 1);
    }
}

}  // namespace
}  // namespace cellmon::live
