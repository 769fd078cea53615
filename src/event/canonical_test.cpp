// Goal: `canonical v1` never changes and is what README.md says. Method: an independent reading of
// the page for one event, frozen vectors, and pairs that must or must not be equal.

#include <array>
#include <utility>

#include <xxhash.h>

#include "event/decode_fixture.hpp"

namespace cellmon::event {
namespace {

class Canonical : public DecodeFixture {};

std::uint64_t text_hash(std::string_view text) {
    return XXH3_64bits(text.data(), text.size());
}

std::uint64_t combined(std::uint64_t first, std::uint64_t tag, std::uint64_t value) {
    std::array<unsigned char, 24> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<unsigned char>(first >> (8 * i));
        bytes[8 + i] = static_cast<unsigned char>(tag >> (8 * i));
        bytes[16 + i] = static_cast<unsigned char>(value >> (8 * i));
    }
    return XXH3_64bits(bytes.data(), bytes.size());
}

TEST_F(Canonical, IsWhatThePageSays) {
    const std::uint64_t list =
        combined(combined(combined(0, 2, 1), 0, 0), 3, static_cast<std::uint64_t>(-2));
    const std::uint64_t object = combined(text_hash("l"), 7, list) + combined(text_hash("t"), 1, 1);
    const std::uint64_t expected = combined(text_hash("emailAddress"), 6, text_hash("a")) +
                                   combined(text_hash("o"), 8, object) +
                                   combined(text_hash("r"), 4, 0x3FF8000000000000U) +
                                   combined(text_hash("v"), 5, text_hash("-15e401"));
    EXPECT_EQ(
        hash(
            R"({"emailAddress":"a","o":{"l":[1,null,-2],"t":true,"n":null},"r":1.5,"v":-1.5e400,"z":null})"),
        expected);
}

TEST_F(Canonical, VectorsAreFrozen) {
    const std::vector<std::pair<std::string, std::uint64_t>> vectors{
        {R"({"emailAddress":"a"})", 0x421d01a7b3a8d001},
        {R"({"eventId":"373e1021-7e73-44ee-ad5d-003d1d6bea94","eventType":"help","emailAddress":"student042@example.com","teamName":"チームB","cellIndex":3,"hasError":false,"executionDurationMs":1.25})",
         0x03160ba2a2d95f50},
        {R"({"emailAddress":"a","metadata":{"list":[1,2.5,"x",null,true,{}],"big":123456789012345678901234567890}})",
         0x5e63e8ab86f0da49},
    };
    for (const auto& [json, expected] : vectors) {
        EXPECT_EQ(hash(json), expected) << json << std::hex << " 0x" << hash(json);
    }
}

TEST_F(Canonical, SpellingDoesNotMatter) {
    const std::vector<std::pair<std::string, std::string>> equal{
        {R"({"emailAddress":"a","x":1})", R"( { "x" : 1.0 , "emailAddress" : "\u0061" } )"},
        {R"({"emailAddress":"a","x":null})", R"({"emailAddress":"a"})"},
        {R"({"emailAddress":"a","eventId":"E"})", R"({"emailAddress":"a","eventId":"e"})"},
        {R"({"emailAddress":"a","x":{"p":1,"q":[2]}})",
         R"({"x":{"q":[2e0],"p":1,"r":null},"emailAddress":"a"})"},
        {R"({"emailAddress":"a","x":1e30})",
         R"({"emailAddress":"a","x":1000000000000000000000000000000})"},
        {R"({"emailAddress":"a","x":1e400})", R"({"emailAddress":"a","x":0.010E+402})"},
        {R"({"emailAddress":"a","x":-0.0})", R"({"emailAddress":"a","x":0})"},
        {R"({"emailAddress":"a","x":1,"x":2})", R"({"emailAddress":"a","x":2})"},
        {R"({"emailAddress":"a","code":"x","code":"y"})", R"({"emailAddress":"a","code":"y"})"},
        {R"({"emailAddress":"a","x":"\u0000"})", R"({"emailAddress":"a","x":"\u2400"})"},
        // The same text through the quick way and through repair.
        {R"({"emailAddress":"a","x":"\u0000"})",
         R"({"emailAddress":"a","x":"\u0000","y":null,"y":1e999,"y":null})"},
        {R"({"emailAddress":"a","x":"\ud800"})", R"({"emailAddress":"a","x":"\ufffd"})"},
    };
    for (const auto& [one, other] : equal)
        EXPECT_EQ(hash(one), hash(other)) << one << other;
}

TEST_F(Canonical, ContentMatters) {
    const std::vector<std::string> different{
        R"({"emailAddress":"a"})",           R"({"emailAddress":"b"})",
        R"({"emailAddress":"a","x":1})",     R"({"emailAddress":"a","x":"1"})",
        R"({"emailAddress":"a","x":true})",  R"({"emailAddress":"a","x":[1]})",
        R"({"emailAddress":"a","x":[]})",    R"({"emailAddress":"a","x":{}})",
        R"({"emailAddress":"a","x":[1,2]})", R"({"emailAddress":"a","x":[2,1]})",
        R"({"emailAddress":"a","x":-1})",    R"({"emailAddress":"a","x":18446744073709551615})",
        R"({"emailAddress":"a","x":""})",    R"({"emailAddress":"a","x":[null]})",
        R"({"emailAddress":"a","y":1})",     R"({"userId":"a"})",
    };
    for (std::size_t i = 0; i < different.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_NE(hash(different[i]), hash(different[j])) << i << " " << j;
    }
}

}  // namespace
}  // namespace cellmon::event
