// Goal: bodies of every form give the right items, identities, streams and errors. Method: bodies
// by hand, results in full.

#include <utility>

#include "base/crc32c.hpp"
#include "event/arena.hpp"
#include "event/decode_fixture.hpp"

namespace cellmon::event {
namespace {

class Decoding : public DecodeFixture {};

TEST_F(Decoding, TakesArraysObjectsAndLines) {
    const std::string one = item(R"("cellIndex":1)");
    const std::string two = R"({"emailAddress":"c","eventType":"help"})";
    EXPECT_EQ(decode(one).total_items, 1U);
    EXPECT_EQ(decode("[]").total_items, 0U);
    EXPECT_EQ(decode("\xEF\xBB\xBF [ " + one + " , " + two + " ] \n").events.size(), 2U);
    const Batch lines = decode(one + "\r\n\n{broken\n5\n" + two, BodyForm::ndjson);
    EXPECT_EQ(lines.total_items, 4U);
    ASSERT_EQ(lines.events.size(), 2U);
    EXPECT_EQ(lines.events[0].index, 0U);
    EXPECT_EQ(lines.events[1].index, 3U);
    EXPECT_EQ(lines.events[1].event_type, "help");
    ASSERT_EQ(lines.refused.size(), 2U);
    EXPECT_EQ(lines.refused[0].index, 1U);
    EXPECT_EQ(lines.refused[0].reason,
              "the line is not JSON: Expecting property name enclosed in double quotes "
              "(character 1)");
    EXPECT_EQ(lines.refused[1].reason, "an event is an object");
}

TEST_F(Decoding, LinesThatNeedRepairDoNotHarmTheOthers) {
    const Batch batch = decode(
        "{\"emailAddress\":\"\\ud800\"}\n{\"emailAddress\":\"b\",\"x\":1e999}\n"
        "{\"emailAddress\":\"\xFF\"}\n",
        BodyForm::ndjson);
    ASSERT_EQ(batch.events.size(), 3U);
    EXPECT_EQ(batch.events[0].email, "\xEF\xBF\xBD");
    EXPECT_EQ((*reader_.read(batch.events[1].payload))->extra, R"({"x":1e999})");
}

TEST_F(Decoding, OneBadItemLeavesTheOthers) {
    const Batch batch = decode("[5," + item("") + R"(,{"userName":"x"},null])");
    EXPECT_EQ(batch.total_items, 4U);
    ASSERT_EQ(batch.events.size(), 1U);
    EXPECT_EQ(batch.events[0].index, 1U);
    ASSERT_EQ(batch.refused.size(), 3U);
    EXPECT_EQ(batch.refused[1].index, 2U);
    EXPECT_EQ(batch.refused[1].field, "emailAddress");
    EXPECT_FALSE(batch.refused[1].quarantined);
}

TEST_F(Decoding, FaultsOfTheBodyHaveThePredecessorsForm) {
    EXPECT_EQ(
        error("").detail_json,
        R"([{"type":"missing","loc":["body"],"msg":"Field required","input":null,"url":"https://errors.pydantic.dev/2.6/v/missing"}])");
    EXPECT_EQ(
        error("\"x\"").detail_json,
        R"([{"type":"list_type","loc":["body"],"msg":"Input should be a valid list","input":"x","url":"https://errors.pydantic.dev/2.6/v/list_type"}])");
    const std::vector<std::pair<std::string, std::string>> table{
        {"  ", R"(2],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting value"}}])"},
        {"[1,]", R"(3],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting value"}}])"},
        {"[\"あ\" 1]",
         R"(5],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting ',' delimiter"}}])"},
        {"{\"a\" 1}",
         R"(5],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting ':' delimiter"}}])"},
        {"[] []", R"(3],"msg":"JSON decode error","input":{},"ctx":{"error":"Extra data"}}])"},
        {"[\"a\\x\"]",
         R"(3],"msg":"JSON decode error","input":{},"ctx":{"error":"Invalid \\escape"}}])"},
        {"[\"abc",
         R"(1],"msg":"JSON decode error","input":{},"ctx":{"error":"Unterminated string starting at"}}])"},
        {"[\"a\nb\"]",
         R"(3],"msg":"JSON decode error","input":{},"ctx":{"error":"Invalid control character at"}}])"},
    };
    for (const auto& [body, expected] : table) {
        const BodyError fault = error(body);
        EXPECT_EQ(fault.status, 422);
        EXPECT_EQ(fault.detail_json, R"([{"type":"json_invalid","loc":["body",)" + expected)
            << body;
    }
    EXPECT_NE(error(std::string(2000, '[') + std::string(2000, ']')).detail_json.find("too deep"),
              std::string::npos);
}

TEST_F(Decoding, TooManyItemsAreRefusedAsAWhole) {
    std::string array = "[";
    std::string lines;
    for (int i = 0; i < 1001; ++i) {
        array += i == 0 ? "1" : ",1";
        lines += "1\n";
    }
    for (const BodyError& fault : {error(array + "]"), error(lines, BodyForm::ndjson)}) {
        EXPECT_EQ(fault.status, 413);
        EXPECT_EQ(fault.detail_json, "\"Batch size 1001 exceeds maximum allowed size of 1000\"");
    }
}

TEST_F(Decoding, AnIdIsKeptOrMade) {
    const std::string uuid = "373E1021-7e73-44ee-ad5d-003d1d6bea94";
    const Batch sent = decode(R"([{"eventId":")" + uuid +
                              R"(","emailAddress":"a"},{"eventId":"mine","emailAddress":"a"}])");
    EXPECT_EQ(sent.events[0].id, *Id128::parse(uuid));
    EXPECT_EQ((*reader_.read(sent.events[0].payload))->event_id, uuid);
    EXPECT_EQ(sent.events[1].id, Id128::from_text("mine"));

    // With a time: of the content and its number among equals. Order of members does not matter.
    const std::string body =
        R"([{"emailAddress":"a","eventTime":"2026-11-23T17:43:13Z"},)"
        R"({"eventTime":"2026-11-23T17:43:13Z","emailAddress":"a"},)"
        R"({"eventId":" ","emailAddress":"b","eventTime":"2026-11-23T17:43:13Z"}])";
    const Batch first = decode(body);
    const Batch again = decode(body);
    ASSERT_EQ(first.events.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(first.events[i].id, again.events[i].id);
        EXPECT_EQ(first.events[i].payload, again.events[i].payload);
        EXPECT_EQ(first.events[i].id.bytes[6] >> 4, 8);
        EXPECT_NE(first.events[i].payload.find(R"("server":{"idFrom":"content"})"),
                  std::string::npos);
    }
    EXPECT_EQ(first.events[0].content_hash, first.events[1].content_hash);
    EXPECT_NE(first.events[0].id, first.events[1].id);

    // Without: a fresh one.
    const Batch fresh = decode(R"([{"emailAddress":"a"},{"emailAddress":"a"}])");
    EXPECT_NE(fresh.events[0].id, fresh.events[1].id);
    EXPECT_NE(fresh.events[0].payload.find(R"("idFrom":"random")"), std::string::npos);
}

TEST_F(Decoding, StreamsAreNamedWithTheirNumbers) {
    struct Row {
        std::string members;
        std::string_view stream;
        std::uint64_t first;
        std::uint64_t last;
    };
    const std::string gap = R"("eventType":"stream_gap","streamId":"s","gapFrom":5,"gapTo":9)";
    for (const Row& row : std::vector<Row>{
             {R"("streamId":"s","streamSequence":7)", "s", 7, 7},
             {R"("streamId":"s","streamSequence":"7")", "s", 7, 7},
             {R"("streamId":"s")", "", 0, 0},
             {R"("streamSequence":7)", "", 0, 0},
             {R"("streamId":"s","streamSequence":0)", "", 0, 0},
             {gap, "s", 5, 9},
             {gap + R"(,"streamSequence":10)", "s", 5, 10},
             {gap + R"(,"streamSequence":4)", "s", 4, 9},
             {gap + R"(,"streamSequence":6)", "s", 5, 9},
             {R"("eventType":"stream_gap","streamId":"s","gapFrom":9,"gapTo":5)", "", 0, 0},
             {R"("eventType":"help","streamId":"s","gapFrom":5,"gapTo":9)", "", 0, 0},
         }) {
        const Batch batch = decode(item(row.members));
        ASSERT_EQ(batch.events.size(), 1U) << row.members;
        EXPECT_EQ(batch.events[0].stream_id, row.stream) << row.members;
        EXPECT_EQ(batch.events[0].stream_first, row.first) << row.members;
        EXPECT_EQ(batch.events[0].stream_last, row.last) << row.members;
    }
}

TEST_F(Decoding, EventsCarryWhatTheJournalNeeds) {
    const Batch batch = decode(item(R"("eventType":"help","classCode":"A1")"));
    const DecodedEvent& event = batch.events[0];
    EXPECT_EQ(event.event_type, "help");
    EXPECT_EQ(event.class_code, "A1");
    EXPECT_EQ(event.payload_crc, crc32c(event.payload));
    EXPECT_EQ(decode(item("")).events[0].event_type, "unknown");
    EXPECT_EQ(decode(item(R"("eventType":"")")).events[0].event_type, "unknown");
}

TEST_F(Decoding, ABatchCanBeMovedAndOutlivesTheNextBody) {
    Batch batch = decode(item(R"("userName":"first")"));
    const Batch moved = std::move(batch);
    decode(item(R"("userName":"other")"));
    EXPECT_NE(moved.events[0].payload.find("first"), std::string::npos);
}

TEST_F(Decoding, ABodyAfterALargeOneIsRead) {
    std::string large = "[" + item("\"big\":\"" + std::string(3U << 20U, 'x') + "\"");
    for (int i = 0; i < 999; ++i)
        large += "," + item("");
    const Batch batch = decode(large + "]");
    EXPECT_EQ(batch.events.size(), 1000U);
    EXPECT_EQ(decode(item("")).events.size(), 1U);
    EXPECT_NE(batch.events[0].payload.find(R"("cut":{"extra":{"bytes":3145738)"),
              std::string::npos);
    EXPECT_EQ(batch.events[999].email, "a@b");
}

TEST_F(Decoding, NoTruncationOfABodyCrashes) {
    const std::string body =
        "[" +
        item(
            "\"userName\":\"\\ud83d\\ude00\\ud800あ\",\"x\":[1e400,{\"y\":-1.5e3}],"
            "\"hasError\":true") +
        "]";
    for (std::size_t size = 0; size < body.size(); ++size) {
        for (const BodyForm form : {BodyForm::json, BodyForm::ndjson}) {
            const auto batch =
                decoder_.decode(std::string_view(body).substr(0, size), form, kReceived);
            EXPECT_TRUE(!batch || batch->events.empty());
        }
    }
    EXPECT_EQ(decode(body).events.size(), 1U);
}

}  // namespace
}  // namespace cellmon::event
