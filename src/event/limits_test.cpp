// Goal: what is too long or too deep is cut, marked and never refused without need; refused items
// are described and kept. Method: bodies just within and just beyond each limit.

#include <simdjson.h>

#include "event/decode_fixture.hpp"
#include "event/text.hpp"

namespace cellmon::event {
namespace {

class Limits : public DecodeFixture {
  protected:
    const Event& read(std::string_view payload) {
        const auto event = reader_.read(payload);
        EXPECT_TRUE(event.has_value()) << payload;
        return **event;
    }

    static std::string mark(std::string_view name, std::string_view whole) {
        return "\"" + std::string(name) + "\":{\"bytes\":" + std::to_string(whole.size()) +
               ",\"sha256\":\"" + sha256_hex(whole) + "\"}";
    }

    static std::string nested(std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    }
};

TEST_F(Limits, LongTextIsCutBetweenCharacters) {
    std::string code;
    while (code.size() <= 262144)
        code += "あ";
    const std::string stored = payload("\"code\":\"" + code + "\"");
    const Event& event = read(stored);
    EXPECT_EQ(event.code, code.substr(0, 262143));
    EXPECT_EQ(event.cut, "{" + mark("code", code) + "}");

    const std::string fits(262144, 'x');
    EXPECT_EQ(read(payload("\"code\":\"" + fits + "\"")).code, fits);
}

TEST_F(Limits, LongKeysStayDifferent) {
    const std::string base(200, 'k');
    const std::string one = payload("\"streamId\":\"" + base + "1\",\"streamSequence\":1");
    const std::string two = payload("\"streamId\":\"" + base + "2\",\"streamSequence\":1");
    const std::string first(*read(one).stream_id);
    EXPECT_EQ(first, std::string(111, 'k') + "~" + sha256_hex(base + "1").substr(0, 16));
    EXPECT_NE(first, *read(two).stream_id);
}

TEST_F(Limits, TheIdIsThatOfTheStoredText) {
    const std::string body = R"({"emailAddress":"a","eventId":")" + std::string(600, 'i') + "\"}";
    const Batch batch = decode(body);
    const Event& event = read(batch.events[0].payload);
    EXPECT_EQ(event.event_id->size(), 512U);
    EXPECT_EQ(batch.events[0].id, Id128::from_text(*event.event_id));
}

TEST_F(Limits, DeepMembersAreCutOut) {
    const std::string deep = nested(33);
    const std::string stored = payload("\"a\":" + nested(32) + ",\"b\":" + deep +
                                       ",\"metadata\":{\"m\":" + nested(32) + "}");
    const Event& event = read(stored);
    EXPECT_EQ(event.extra, "{\"a\":" + nested(32) + "}");
    EXPECT_FALSE(event.metadata.has_value());
    EXPECT_EQ(event.cut,
              "{" + mark("metadata", "{\"m\":" + nested(32) + "}") + "," + mark("b", deep) + "}");
}

TEST_F(Limits, LargeObjectsAreCutOut) {
    const std::string large = "{\"m\":\"" + std::string(65536, 'x') + "\"}";
    EXPECT_EQ(read(payload("\"metadata\":" + large)).cut, "{" + mark("metadata", large) + "}");
}

TEST_F(Limits, ALargeItemLosesItsObjectsFirstThenTheEndsOfItsTexts) {
    DecodeLimits limits;
    limits.item_bytes = 4096;
    Decoder decoder(limits, random_);
    const auto stored = [&](std::string_view members) {
        auto batch = decoder.decode(item(members), BodyForm::json, kReceived);
        if (!batch || batch->events.size() != 1) return std::string();
        EXPECT_LE(batch->events[0].payload.size(), limits.item_bytes);
        return std::string(batch->events[0].payload);
    };
    const std::string big(4096, 'x');
    const std::string extra = "{\"big\":\"" + big + "\"}";
    const std::string without_extra =
        stored("\"code\":\"c\",\"metadata\":{\"a\":1},\"big\":\"" + big + "\"");
    EXPECT_EQ(read(without_extra).code, "c");
    EXPECT_EQ(read(without_extra).extra, "");
    EXPECT_EQ(read(without_extra).cut,
              "{" + mark("metadata", "{\"a\":1}") + "," + mark("extra", extra) + "}");

    const std::string shortened = stored("\"code\":\"" + big + "\"");
    EXPECT_EQ(read(shortened).code, big.substr(0, 64));
    EXPECT_EQ(read(shortened).cut, "{" + mark("code", big) + "}");

    const auto refused =
        decoder.decode(item("\"notebookPath\":\"" + big + "\""), BodyForm::json, kReceived);
    ASSERT_EQ(refused->refused.size(), 1U);
    EXPECT_EQ(refused->refused[0].reason, "larger than one event may be, even when cut");
}

TEST_F(Limits, ARefusedItemIsGivenBackInTheContractsForm) {
    const Batch batch = decode(R"([{"userName":7,"emailAddress":"a","code":")" +
                               std::string(300, 'c') + R"(","cellIndex":2.0,"other":1}])");
    EXPECT_EQ(
        batch.refused[0].answer_json,
        R"({"eventId":null,"eventType":null,"eventTime":null,"emailAddress":"a","userName":7,"teamName":null,)"
        R"("sessionId":null,"notebookPath":null,"cellId":null,"cellIndex":2,"cellType":null,"code":")" +
            std::string(256, 'c') +
            R"(…","executionCount":null,"hasError":null,"errorMessage":null,"result":null,)"
            R"("executionDurationMs":null,"metadata":null,"index":0,"field":"userName",)"
            R"("reason":"a number is not accepted for a string"})");
}

TEST_F(Limits, ARefusedItemWithAStreamNumberGoesToQuarantine) {
    const std::string body =
        R"([{"userName":7,"emailAddress":" a ","classCode":"A1","streamId":"s","streamSequence":3}])";
    const Batch batch = decode(body);
    const RefusedItem& refused = batch.refused[0];
    ASSERT_TRUE(refused.quarantined);
    EXPECT_EQ(refused.email, "a");
    EXPECT_EQ(refused.class_code, "A1");
    EXPECT_EQ(refused.stream_id, "s");
    EXPECT_EQ(refused.stream_number, 3U);
    EXPECT_EQ(
        refused.quarantine_payload,
        R"({"reason":"a number is not accepted for a string","field":"userName","index":0,)"
        R"("emailAddress":"a","streamId":"s","streamSequence":3,"item":)"
        R"({"userName":7,"emailAddress":" a ","classCode":"A1","streamId":"s","streamSequence":3}})");
    EXPECT_EQ(decode(body).refused[0].quarantine_id, refused.quarantine_id);
    EXPECT_FALSE(decode(R"({"userName":7,"streamId":"s"})").refused[0].quarantined);
    EXPECT_FALSE(
        decode(R"({"userName":7,"streamId":"s","streamSequence":0})").refused[0].quarantined);
}

TEST_F(Limits, AQuarantinedItemIsBounded) {
    const Batch batch = decode(R"({"userName":7,"streamId":"s","streamSequence":3,"code":")" +
                               std::string(500'000, 'c') + "\"}");
    EXPECT_LT(batch.refused[0].quarantine_payload.size(), 140'000U);
    simdjson::dom::parser parser;
    EXPECT_EQ(parser.parse(simdjson::padded_string(batch.refused[0].quarantine_payload)).error(),
              simdjson::SUCCESS);
}

}  // namespace
}  // namespace cellmon::event
