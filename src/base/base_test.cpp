// Goal: the small tools everything else stands on give the published values of their standards.
// Method: reference vectors, and round trips.
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/crc32c.hpp"
#include "base/id128.hpp"
#include "base/random.hpp"

namespace cellmon {
namespace {

TEST(Crc32c, GivesTheValuesOfRfc3720) {
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
    EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
}

TEST(Crc32c, ContinuesFromASeed) {
    EXPECT_EQ(crc32c("456789", crc32c("123")), crc32c("123456789"));
}

TEST(Id128, ReadsAndWritesUuidText) {
    const auto id = Id128::parse("086178FC-6deb-4291-94f8-6726b7ccb648");
    ASSERT_TRUE(id);
    EXPECT_EQ(id->to_string(), "086178fc-6deb-4291-94f8-6726b7ccb648");
    EXPECT_FALSE(Id128::parse("086178fc-6deb-4291-94f8-6726b7ccb64"));
    EXPECT_FALSE(Id128::parse("086178fc-6deb-4291-94f8_6726b7ccb648"));
    EXPECT_FALSE(Id128::parse("g86178fc-6deb-4291-94f8-6726b7ccb648"));
}

TEST(Id128, TakesAUuidByValueAndOtherTextByHash) {
    EXPECT_EQ(Id128::from_text("086178FC-6DEB-4291-94F8-6726B7CCB648"),
              Id128::from_text("086178fc-6deb-4291-94f8-6726b7ccb648"));
    EXPECT_EQ(Id128::from_text("event-1"), Id128::from_text("event-1"));
    EXPECT_NE(Id128::from_text("event-1"), Id128::from_text("Event-1"));
}

TEST(Time, FormatsWithSixDecimalsInUtc) {
    EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_time(1795455853660077), "2026-11-23T17:44:13.660077Z");
}

TEST(Time, ReadsTheFormsThatClientsSend) {
    EXPECT_EQ(parse_time("2026-11-23T17:44:13.660077Z"), 1795455853660077);
    EXPECT_EQ(parse_time("2026-11-23T17:44:13.660Z"), 1795455853660000);
    EXPECT_EQ(parse_time("2026-11-23 17:44:13"), 1795455853000000);
    EXPECT_EQ(parse_time("2026-11-24T02:44:13+09:00"), 1795455853000000);
    EXPECT_EQ(parse_time("2026-11-24T02:44:13+0900"), 1795455853000000);
    EXPECT_EQ(parse_time("2026-11-23T17:44:13.123456789Z"), 1795455853123456);
}

TEST(Time, RefusesWhatIsNoDate) {
    for (const char* text : {"", "now", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                             "2026-11-23T24:00:00Z", "2026-11-23T17:44:13.Z",
                             "2026-11-23T17:44:13ZZ", "2026-11-23", "2026-11-23T17:44:13+25:00"}) {
        EXPECT_FALSE(parse_time(text)) << text;
    }
}

TEST(SeededRandom, RepeatsItself) {
    SeededRandom first(7);
    SeededRandom second(7);
    EXPECT_EQ(first.id(), second.id());
    EXPECT_NE(first.id(), first.id());
}

}  // namespace
}  // namespace cellmon
