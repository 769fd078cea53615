// Goal: the reader takes the normal form, also of versions that knew other members, and names
// everything else as corrupt. Method: a payload with every kind of member, each of its truncations,
// and damaged ones.

#include "event/event_reader.hpp"

#include <string>

#include <gtest/gtest.h>

namespace cellmon::event {
namespace {

constexpr std::string_view kPayload =
    R"({"eventId":"e","eventTime":"2026-11-23T17:43:13.000000Z","emailAddress":"a@b","cellIndex":3,"code":"a\n\"b\"\\\u001f",)"
    R"("hasError":false,"executionDurationMs":1.5,"startedAt":"2026-11-23T17:43:12.000000Z","metadata":{"q":"}\"","l":[{}]},)"
    R"("extra":{"big":123456789012345678901234567890},"server":{"clockBad":true,"cut":{"code":{"bytes":9,"sha256":"x"}},"idFrom":"random"}})";

TEST(EventReader, ReadsEveryKindOfMember) {
    EventReader reader;
    const auto read = reader.read(kPayload);
    ASSERT_TRUE(read.has_value());
    const Event& event = **read;
    EXPECT_EQ(event.event_id, "e");
    EXPECT_EQ(event.event_time_us, 1'795'455'793'000'000);
    EXPECT_EQ(event.email_address, "a@b");
    EXPECT_EQ(event.cell_index, 3);
    EXPECT_EQ(event.code, "a\n\"b\"\\\x1F");
    EXPECT_EQ(event.has_error, false);
    EXPECT_EQ(event.execution_duration_ms, 1.5);
    EXPECT_EQ(event.started_at_us, 1'795'455'792'000'000);
    EXPECT_EQ(event.metadata, R"({"q":"}\"","l":[{}]})");
    EXPECT_EQ(event.extra, R"({"big":123456789012345678901234567890})");
    EXPECT_EQ(event.cut, R"({"code":{"bytes":9,"sha256":"x"}})");
    EXPECT_TRUE(event.clock_bad);
    EXPECT_FALSE(event.event_time_missing);
    EXPECT_FALSE(event.user_id.has_value());
}

TEST(EventReader, ReadsWhatIsWantedAndPassesOverTheRest) {
    EventReader reader(FieldSet{Field::code} | FieldSet{Field::cell_index});
    const auto read = reader.read(kPayload);
    ASSERT_TRUE(read.has_value());
    const Event& event = **read;
    EXPECT_EQ(event.code, "a\n\"b\"\\\x1F");
    EXPECT_EQ(event.cell_index, 3);
    EXPECT_EQ(event.email_address, "a@b");
    EXPECT_EQ(event.event_time_us, 1'795'455'793'000'000);
    EXPECT_FALSE(event.event_id.has_value());
    EXPECT_FALSE(event.has_error.has_value());
    EXPECT_FALSE(event.started_at_us.has_value());
    EXPECT_FALSE(event.metadata.has_value());
    EXPECT_EQ(event.extra, R"({"big":123456789012345678901234567890})");
}

TEST(EventReader, NothingOfTheLastEventRemains) {
    EventReader reader;
    ASSERT_TRUE(reader.read(kPayload).has_value());
    const auto read =
        reader.read(R"({"emailAddress":"b","eventTime":"2026-11-23T17:43:13.000000Z"})");
    ASSERT_TRUE(read.has_value());
    EXPECT_FALSE((*read)->cell_index.has_value());
    EXPECT_FALSE((*read)->clock_bad);
    EXPECT_TRUE((*read)->extra.empty());
}

TEST(EventReader, PassesOverMembersOfOtherVersions) {
    EventReader reader;
    for (const char* value : {"1", "-1.5e3", "null", "\"a\\\"b\"", "[1,{\"x\":\"]\"},[]]", "{}",
                              "{\"y\":[\"\\\\\"]}"}) {
        const auto read = reader.read(
            R"({"mood":)" + std::string(value) +
            R"(,"emailAddress":"b","eventTime":"2026-11-23T17:43:13.000000Z","cellIndex":1})");
        ASSERT_TRUE(read.has_value()) << value;
        EXPECT_EQ((*read)->cell_index, 1) << value;
    }
}

TEST(EventReader, AnythingElseIsCorrupt) {
    EventReader reader;
    for (std::size_t size = 0; size < kPayload.size(); ++size) {
        EXPECT_FALSE(reader.read(std::string(kPayload.substr(0, size))).has_value()) << size;
    }
    for (const std::string_view payload : {
             R"({"emailAddress":"b"})",
             R"({"eventTime":"2026-11-23T17:43:13.000000Z"})",
             R"({"emailAddress":"b","eventTime":"late"})",
             R"({"emailAddress":"b","eventTime":"2026-11-23T17:43:13.000000Z","cellIndex":"3"})",
             R"({"emailAddress":"b","eventTime":"2026-11-23T17:43:13.000000Z","cellIndex":3.5})",
             R"({"emailAddress":"b","eventTime":"2026-11-23T17:43:13.000000Z","hasError":1})",
             R"({"emailAddress":"b","eventTime":"2026-11-23T17:43:13.000000Z","metadata":[]})",
             R"({"emailAddress":"b","eventTime":"2026-11-23T17:43:13.000000Z"} )",
             R"({"emailAddress":"\u30c1","eventTime":"2026-11-23T17:43:13.000000Z"})",
         }) {
        const auto read = reader.read(payload);
        ASSERT_FALSE(read.has_value()) << payload;
        EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    }
}

}  // namespace
}  // namespace cellmon::event
