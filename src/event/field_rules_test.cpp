// Goal: every rule for the value of a field holds. Method: one table per outcome; each row is a
// member as a client may send it and what the payload holds behind the members that every event
// has.

#include <utility>
#include <vector>

#include "event/decode_fixture.hpp"

namespace cellmon::event {
namespace {

using Table = std::vector<std::pair<std::string, std::string>>;

class FieldRules : public DecodeFixture {};

TEST_F(FieldRules, ValuesAreReadLaxly) {
    const Table table{
        {"", ""},
        {R"("cellIndex":null)", ""},
        {R"("cellIndex":3)", R"(,"cellIndex":3)"},
        {R"("cellIndex":3.0)", R"(,"cellIndex":3)"},
        {R"("cellIndex":3e0)", R"(,"cellIndex":3)"},
        {R"("cellIndex":" 3 ")", R"(,"cellIndex":3)"},
        {R"("cellIndex":"3.0")", R"(,"cellIndex":3)"},
        {R"("cellIndex":true)", R"(,"cellIndex":1)"},
        {R"("outputBytes":9223372036854775807)", R"(,"outputBytes":9223372036854775807)"},
        {R"("hasError":1)", R"(,"hasError":true)"},
        {R"("hasError":0.0)", R"(,"hasError":false)"},
        {R"("hasError":"Yes")", R"(,"hasError":true)"},
        {R"("hasError":"off")", R"(,"hasError":false)"},
        {R"("hasError":"FALSE")", R"(,"hasError":false)"},
        {R"("executionDurationMs":"2.5")", R"(,"executionDurationMs":2.5)"},
        {R"("executionDurationMs":2)", R"(,"executionDurationMs":2)"},
        {R"("executionDurationMs":1.2000000476837158)",
         R"(,"executionDurationMs":1.2000000476837158)"},
        {R"("startedAt":"2026-11-23T18:43:11+01:00")",
         R"(,"startedAt":"2026-11-23T17:43:11.000000Z")"},
        {R"("consent":"output")", R"(,"consent":"output")"},
        {R"("traceback":["a","b"])", R"(,"traceback":"a\nb")"},
        {R"("code":["a\n","b"])", R"(,"code":"a\nb")"},
        {R"("output":[])", R"(,"output":"")"},
        {R"("metadata":{"b" : 1.0, "a": [ ] })", R"(,"metadata":{"b":1,"a":[]})"},
        {R"("cellType":"x","cellType":"code")", R"(,"cellType":"code")"},
        {R"("cellType":"x","cellType":null)", ""},
    };
    for (const auto& [members, expected] : table)
        EXPECT_EQ(rest(members), expected) << members;
}

TEST_F(FieldRules, WhatNoFieldCanHoldIsKeptInExtra) {
    const Table table{
        {R"("cellIndex":2.5)", R"({"cellIndex":2.5})"},
        {R"("cellIndex":-1)", R"({"cellIndex":-1})"},
        {R"("cellIndex":1e300)", R"({"cellIndex":1e+300})"},
        {R"("cellIndex":18446744073709551615)", R"({"cellIndex":18446744073709551615})"},
        {R"("cellIndex":123456789012345678901234567890)",
         R"({"cellIndex":123456789012345678901234567890})"},
        {R"("cellIndex":"99999999999999999999")", R"({"cellIndex":"99999999999999999999"})"},
        {R"("executionDurationMs":1e400)", R"({"executionDurationMs":1e400})"},
        {R"("consent":" ")", R"({"consent":" "})"},
        {R"("status":"")", R"({"status":""})"},
        {R"("startedAt":"yesterday")", R"({"startedAt":"yesterday"})"},
        {R"("startedAt":"0000-01-01T00:00:00+01:00")",
         R"({"startedAt":"0000-01-01T00:00:00+01:00"})"},
        {R"("streamId":"s")", R"({"streamId":"s"})"},
        {R"("streamSequence":4)", R"({"streamSequence":4})"},
        {R"("streamId":"s","streamSequence":0)", R"({"streamId":"s","streamSequence":0})"},
        {R"("streamId":" ","streamSequence":4)", R"({"streamId":" ","streamSequence":4})"},
        {R"("zeta":1,"alpha":{"y":null,"x":-0.0})", R"({"zeta":1,"alpha":{"y":null,"x":-0}})"},
        {R"("extra":1,"server":{"clockBad":true})", R"({"extra":1,"server":{"clockBad":true}})"},
        {R"("a":1,"b":2,"a":3)", R"({"a":3,"b":2})"},
    };
    for (const auto& [members, expected] : table) {
        EXPECT_EQ(rest(members), R"(,"extra":)" + expected) << members;
    }
    EXPECT_EQ(rest(R"("a":1,"a":null)"), "");
}

TEST_F(FieldRules, OtherTypesAreRefused) {
    const Table table{
        {R"("userName":5)", "userName: a number is not accepted for a string"},
        {R"("eventId":5)", "eventId: a number is not accepted for a string"},
        {R"("userName":1e400)", "userName: a number is not accepted for a string"},
        {R"("userName":true)", "userName: a boolean is not accepted for a string"},
        {R"("userName":["a"])", "userName: an array is not accepted for a string"},
        {R"("code":{})", "code: an object is not accepted for a string"},
        {R"("code":["a",1])", "code: an array for this field may hold only strings"},
        {R"("consent":1)", "consent: a number is not accepted for a string"},
        {R"("cellIndex":"three")", "cellIndex: the string is not an integer"},
        {R"("cellIndex":"")", "cellIndex: the string is not an integer"},
        {R"("cellIndex":[])", "cellIndex: an array is not accepted for an integer"},
        {R"("cellIndex":{})", "cellIndex: an object is not accepted for an integer"},
        {R"("hasError":2)", "hasError: of numbers, only 1 and 0 are booleans"},
        {R"("hasError":"perhaps")", "hasError: the string is not a boolean"},
        {R"("executionDurationMs":"long")", "executionDurationMs: the string is not a number"},
        {R"("startedAt":1700000000)", "startedAt: a date-time is a string"},
        {R"("metadata":"x")", "metadata: only an object is accepted"},
        {R"("metadata":[])", "metadata: only an object is accepted"},
        {R"("userName":"fine")", "accepted"},
    };
    for (const auto& [members, expected] : table)
        EXPECT_EQ(refusal(members), expected) << members;
}

TEST_F(FieldRules, TextIsNormalised) {
    const Table table{
        {R"("x\ud800y")", "\"x\xEF\xBF\xBDy\""},
        {R"("\udc00")", "\"\xEF\xBF\xBD\""},
        {R"("\ud83d\ude00")", "\"\xF0\x9F\x98\x80\""},
        {R"("\ud83d\ud83d\ude00")", "\"\xEF\xBF\xBD\xF0\x9F\x98\x80\""},
        {R"("a\u0000b")",
         "\"a\xE2\x90\x80"
         "b\""},
        {"\"a\xFF\xC3(\"", "\"a\xEF\xBF\xBD\xEF\xBF\xBD(\""},
        {"\"\xE3\x81\"", "\"\xEF\xBF\xBD\""},
        {R"("\/\u001f\u007f\u3042\"\\\t")", "\"/\\u001f\x7F\xE3\x81\x82\\\"\\\\\\t\""},
    };
    for (const auto& [sent, stored] : table) {
        EXPECT_EQ(rest("\"userName\":" + sent), ",\"userName\":" + stored) << sent;
        EXPECT_EQ(rest("\"other\":[" + sent + "]"), ",\"extra\":{\"other\":[" + stored + "]}");
    }
    EXPECT_EQ(rest(R"("n\u0000":1)"), ",\"extra\":{\"n\xE2\x90\x80\":1}");
}

TEST_F(FieldRules, IdentityIsEmailAddressElseUserId) {
    const auto identity = [&](std::string_view members) -> std::string {
        const Batch batch = decode("{" + std::string(members) + "}");
        if (batch.events.empty()) return "refused: " + std::string(batch.refused[0].field);
        EXPECT_EQ((*reader_.read(batch.events[0].payload))->email_address, batch.events[0].email);
        return std::string(batch.events[0].email);
    };
    EXPECT_EQ(identity(R"("emailAddress":" a@b　")"), "a@b");
    EXPECT_EQ(identity(R"("emailAddress":"a@b","userId":"u")"), "a@b");
    EXPECT_EQ(identity(R"("emailAddress":" \t","userId":" u ")"), "u");
    EXPECT_EQ(identity(R"("userId":"u")"), "u");
    EXPECT_EQ(identity(R"("emailAddress":5,"userId":"u")"), "refused: emailAddress");
    EXPECT_EQ(identity(R"("emailAddress":null,"userId":"　")"), "refused: emailAddress");
    EXPECT_EQ(identity(""), "refused: emailAddress");
}

TEST_F(FieldRules, EventTimeIsTheClientsWhereItCanBe) {
    struct Row {
        std::string sent;
        TimeUs stored;
        TimeUs client;
        bool bad;
        bool missing;
        std::string_view extra;
    };
    constexpr TimeUs kDay = 86'400'000'000;
    const auto text = [](TimeUs time) { return "\"" + format_time(time) + "\""; };
    const std::string old = text(kReceived - 400 * kDay - 1);
    const std::string old_extra = "{\"eventTime\":" + old + "}";
    const std::string early = text(kReceived + kDay + 1);
    const std::string early_extra = "{\"eventTime\":" + early + "}";
    const std::vector<Row> table{
        {text(kReceived - 400 * kDay), kReceived - 400 * kDay, kReceived - 400 * kDay, false, false,
         ""},
        {text(kReceived + kDay), kReceived + kDay, kReceived + kDay, false, false, ""},
        {old, kReceived, kReceived - 400 * kDay - 1, true, false, old_extra},
        {early, kReceived, kReceived + kDay + 1, true, false, early_extra},
        {R"("2026-11-23 17:43:11.5")", kReceived - 1'500'000, kReceived - 1'500'000, false, false,
         ""},
        {"null", kReceived, 0, false, true, ""},
        {R"("soon")", kReceived, 0, false, true, R"({"eventTime":"soon"})"},
        {"1700000000", kReceived, 0, false, true, R"({"eventTime":1700000000})"},
    };
    for (const Row& row : table) {
        const Batch batch = decode(R"({"emailAddress":"a","eventTime":)" + row.sent + "}");
        ASSERT_EQ(batch.events.size(), 1U) << row.sent;
        EXPECT_EQ(batch.events[0].client_time_us, row.client) << row.sent;
        const Event& event = **reader_.read(batch.events[0].payload);
        EXPECT_EQ(event.event_time_us, row.stored) << row.sent;
        EXPECT_EQ(event.clock_bad, row.bad) << row.sent;
        EXPECT_EQ(event.event_time_missing, row.missing) << row.sent;
        EXPECT_EQ(event.extra, row.extra) << row.sent;
    }
}

}  // namespace
}  // namespace cellmon::event
