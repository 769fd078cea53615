// Goal: of an event no more is stored than its level of consent allows, whoever sets it, and the
// event stays the one that was sent. Method: an event with every field, under each level; what is
// in the payload, in quarantine and in a queue; hashes compared.
#include <optional>
#include <string>
#include <vector>

#include "event/decode_fixture.hpp"

namespace cellmon::event {
namespace {

using privacy::Consent;

constexpr std::string_view kSecretWord = "ひみつの中身";

/// An event in which every field that may hold content holds the word.
std::string full_item(std::string_view members = {}) {
    std::string word(kSecretWord);
    std::string json =
        R"({"eventId":"e","emailAddress":"taro@example.com","eventTime":"2026-11-23T17:43:13Z",)"
        R"("eventType":"cell_executed","executionCount":3,"hasError":true,"cellType":"code",)"
        R"("code":"c )" +
        word + R"(","errorMessage":"NameError: )" + word + R"(","traceback":["t )" + word +
        R"("],"result":"r )" + word + R"(","output":"o )" + word +
        R"(","outputBytes":5,"outputSha256":"abc","metadata":{"m":")" + word + R"("},"unknown":")" +
        word + "\"";
    if (!members.empty()) json.append(",").append(members);
    return json + "}";
}

std::string payload_of(const Batch& batch) {
    return batch.events.size() == 1 ? std::string(batch.events[0].payload) : std::string("refused");
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

class ConsentRulesTest : public DecodeFixture {
  protected:
    Batch decode_with(privacy::Options options, std::string_view body,
                      const Decoder::About& about = {}) {
        Decoder decoder(DecodeLimits{}, random_, options);
        auto batch = decoder.decode(body, BodyForm::json, kReceived, about);
        EXPECT_TRUE(batch);
        return batch ? std::move(*batch) : Batch();
    }
};

TEST_F(ConsentRulesTest, OutputIsEverythingAndSaysNothing) {
    for (const std::string_view members :
         {"", R"("consent":"output")", R"("consent":null)", R"("consent":" ")"}) {
        const std::string payload = payload_of(decode(full_item(members)));
        for (const std::string_view part : {"\"code\"", "\"traceback\"", "\"result\"", "\"output\"",
                                            "\"metadata\"", "\"unknown\"", "\"outputSha256\""}) {
            EXPECT_TRUE(has(payload, part)) << payload;
        }
        EXPECT_FALSE(has(payload, "\"server\"")) << payload;
    }
}

TEST_F(ConsentRulesTest, CodeIsWithoutOutputs) {
    const std::string payload = payload_of(decode(full_item(R"("consent":"code")")));
    EXPECT_EQ(
        payload,
        R"({"eventId":"e","eventType":"cell_executed","eventTime":"2026-11-23T17:43:13.000000Z",)"
        R"("emailAddress":"taro@example.com","consent":"code","cellType":"code","code":"c ひみつの中身",)"
        R"("executionCount":3,"hasError":true,"errorMessage":"NameError: ひみつの中身",)"
        R"("server":{"consent":"code","withheld":["traceback","result","output","outputBytes",)"
        R"("outputSha256","metadata","extra"]}})");
}

TEST_F(ConsentRulesTest, StatusIsThatSomethingRanAndHowItEnded) {
    const std::string payload = payload_of(decode(full_item(R"("consent":"status")")));
    EXPECT_EQ(
        payload,
        R"({"eventId":"e","eventType":"cell_executed","eventTime":"2026-11-23T17:43:13.000000Z",)"
        R"("emailAddress":"taro@example.com","consent":"status","cellType":"code",)"
        R"("executionCount":3,"hasError":true,"errorName":"NameError",)"
        R"("server":{"consent":"status","withheld":["code","errorMessage","traceback","result",)"
        R"("output","outputBytes","outputSha256","metadata","extra"]}})");
}

TEST_F(ConsentRulesTest, TheNameOfAnErrorIsANameOrNothing) {
    const auto name_of = [&](std::string_view members) {
        const std::string payload =
            payload_of(decode(item(std::string(members) + R"(,"consent":"status")")));
        const auto at = payload.find("\"errorName\":\"");
        if (at == std::string::npos) return std::string();
        return payload.substr(at + 13, payload.find('"', at + 13) - at - 13);
    };
    EXPECT_EQ(name_of(R"("errorMessage":"numpy.linalg.LinAlgError: x")"),
              "numpy.linalg.LinAlgError");
    EXPECT_EQ(name_of(R"("errorMessage":"KeyboardInterrupt")"), "KeyboardInterrupt");
    EXPECT_EQ(name_of(R"("errorMessage":"secret: x")"), "");
    EXPECT_EQ(name_of(R"("errorMessage":"print(x) Error: y")"), "");
    EXPECT_EQ(name_of(R"("errorName":"ZeroDivisionError","errorMessage":"OtherError: y")"),
              "ZeroDivisionError");
    EXPECT_EQ(name_of(R"("errorName":"my secret = 1")"), "");
}

TEST_F(ConsentRulesTest, WhatNobodyUnderstandsIsTheStrictest) {
    for (const std::string_view value : {"\"none\"", "\"Status\"", "\"everything\""}) {
        const std::string payload =
            payload_of(decode(full_item("\"consent\":" + std::string(value))));
        EXPECT_FALSE(has(payload, kSecretWord)) << payload;
        EXPECT_TRUE(has(payload, R"("server":{"consent":"status")")) << payload;
    }
}

TEST_F(ConsentRulesTest, TheStrictestOfAllWhoSayItHolds) {
    privacy::ConsentRows rows;
    rows.classes = {{"A", Consent::code}, {"B", std::nullopt}};
    rows.students = {{"taro@example.com", Consent::status}};
    const privacy::ClassConsents::Page page(rows);
    struct Case {
        std::string_view members;
        privacy::Options options;
        std::string_view key_of;
        std::string_view applied;  // "": no mark
    };
    const privacy::Options plain;
    const std::vector<Case> cases{
        {R"("classCode":"B")", plain, "", ""},
        {R"("classCode":" A ")", plain, "", "code"},
        {R"("classCode":"A","consent":"status")", plain, "", "status"},
        {R"("classCode":"A","consent":"output")", plain, "", "code"},
        {"", plain, "A", "code"},
        {"", plain, "", "status"},  // by the roster
        {R"("classCode":"B")", {.default_consent = Consent::code}, "", "code"},
        {R"("classCode":"B","consent":"output")", {.default_consent = Consent::status}, "", ""},
        {R"("classCode":"B","consent":"output")", {.greatest_consent = Consent::code}, "", "code"},
        {R"("classCode":"B","consent":"status")",
         {.greatest_consent = Consent::code},
         "",
         "status"},
        {R"("classCode":"B")", {.greatest_consent = Consent::status}, "", "status"},
    };
    for (const Case& each : cases) {
        const std::string payload = payload_of(
            decode_with(each.options, full_item(each.members), {each.key_of, &page, {}}));
        const auto at = payload.find(R"("consent":")", payload.find("\"server\""));
        const std::string applied =
            at == std::string::npos ? ""
                                    : payload.substr(at + 11, payload.find('"', at + 11) - at - 11);
        EXPECT_EQ(applied, each.applied) << each.members << ' ' << payload;
    }
}

TEST_F(ConsentRulesTest, ItStaysTheEventThatWasSent) {
    const std::uint64_t whole = hash(full_item());
    for (const Consent level : {Consent::status, Consent::code}) {
        const Batch batch = decode_with({.greatest_consent = level}, full_item());
        EXPECT_EQ(batch.events.at(0).content_hash, whole);
    }
    const Batch masked = decode_with({}, full_item(R"("note":"password = 'x'")"));
    const Batch plain =
        decode_with({.mask_secrets = false}, full_item(R"("note":"password = 'x'")"));
    EXPECT_NE(masked.events.at(0).payload, plain.events.at(0).payload);
    EXPECT_EQ(masked.events.at(0).content_hash, plain.events.at(0).content_hash);
}

TEST_F(ConsentRulesTest, NoHashAndNoSizeOfWhatIsGone) {
    const std::string body = item(R"("consent":"status","code":")" + std::string(300'000, 'x') +
                                  R"(","outputSha256":")" + std::string(80, 'a') + "\"");
    const std::string payload = payload_of(decode(body));
    EXPECT_FALSE(has(payload, "sha256")) << payload;
    EXPECT_FALSE(has(payload, "300000")) << payload;
    EXPECT_TRUE(has(payload, R"("withheld":["code","outputSha256"])")) << payload;
}

TEST_F(ConsentRulesTest, QuarantineIsAStoreToo) {
    const std::string stream = R"("streamId":"s","streamSequence":1,"cellIndex":{"x":")" +
                               std::string(kSecretWord) + "\"}";
    const Batch whole = decode(full_item(stream));
    ASSERT_EQ(whole.refused.size(), 1U);
    EXPECT_TRUE(has(whole.refused[0].quarantine_payload, kSecretWord));
    for (const std::string_view level : {"\"status\"", "\"nonsense\"", "7"}) {
        const Batch batch = decode(full_item(stream + ",\"consent\":" + std::string(level)));
        ASSERT_EQ(batch.refused.size(), 1U);
        const std::string_view kept = batch.refused[0].quarantine_payload;
        EXPECT_FALSE(has(kept, kSecretWord)) << kept;
        EXPECT_TRUE(has(kept, R"("executionCount":3)")) << kept;
        EXPECT_TRUE(has(kept, R"("consent":"status")")) << kept;
        // The client hears what was wrong with what it sent.
        EXPECT_TRUE(has(batch.refused[0].answer_json, kSecretWord));
    }
    const Batch masked = decode(full_item(stream + R"(,"note":"password = 'x'")"));
    EXPECT_TRUE(has(masked.refused.at(0).quarantine_payload, "[masked: password]"));
}

TEST_F(ConsentRulesTest, SecretsAreMaskedEverywhereInAnEvent) {
    const std::string payload = payload_of(decode(item(
        R"("code":"password = 'abc'","traceback":["x","token: ghp_)" + std::string(36, 'a') +
        R"("],"helpNote":"pwd: ab12cd","metadata":{"password":"abc","list":["DB_PASSWORD=abc"]},)"
        R"("apiKey":"abcdefgh","note":"http://u:p@h/","notebookPath":"password=abc.ipynb")")));
    EXPECT_TRUE(has(payload, R"("code":"password = '[masked: password]'")")) << payload;
    EXPECT_TRUE(has(payload, R"("traceback":"x\ntoken: [masked: GitHub token]")")) << payload;
    EXPECT_TRUE(has(payload, R"("helpNote":"pwd: [masked: password]")")) << payload;
    EXPECT_TRUE(has(
        payload,
        R"("metadata":{"password":"[masked: password]","list":["DB_PASSWORD=[masked: password]"]})"))
        << payload;
    EXPECT_TRUE(has(
        payload,
        R"("extra":{"apiKey":"[masked: API key]","note":"http://u:[masked: password in a URL]@h/"})"))
        << payload;
    EXPECT_TRUE(has(payload, R"("notebookPath":"password=abc.ipynb")")) << payload;
    EXPECT_TRUE(has(payload, R"("server":{"masked":7})")) << payload;
}

TEST_F(ConsentRulesTest, ASecretIsMaskedBeforeATextIsCut) {
    constexpr std::size_t kMost = 262'144;
    const std::string token = "ghp_" + std::string(36, 'a');
    const std::string code = std::string(kMost - 10, 'x') + " " + token;
    const std::string payload = payload_of(decode(item("\"code\":\"" + code + "\"")));
    EXPECT_FALSE(has(payload, "ghp_"));
    EXPECT_TRUE(has(payload, R"("cut":{"code":{"bytes":262157,)"))
        << payload.substr(payload.size() - 200);
}

TEST_F(ConsentRulesTest, WhatWaitsInAQueueIsHeldBackAndStaysTheSameEvent) {
    const std::string sent = full_item(R"("apiKey":"abcdefgh")");
    const std::uint64_t whole = hash(sent);
    for (const Consent level : {Consent::status, Consent::code, Consent::output}) {
        Decoder decoder(DecodeLimits{}, random_, {.greatest_consent = level});
        const auto waits = decoder.storable(sent, kReceived, {});
        EXPECT_EQ(waits.content_hash, whole);
        EXPECT_FALSE(has(waits.json, "abcdefgh")) << waits.json;
        EXPECT_EQ(has(waits.json, "c ひみつ"), level != Consent::status) << waits.json;
        EXPECT_EQ(has(waits.json, "o ひみつ"), level == Consent::output) << waits.json;
        // When it goes on the server may allow more again; the queue does not have it any more.
        const std::vector<std::optional<std::uint64_t>> hashes{waits.content_hash};
        const Batch batch = decode_with({}, waits.json, {"", nullptr, hashes});
        ASSERT_EQ(batch.events.size(), 1U) << waits.json;
        EXPECT_EQ(batch.events[0].content_hash, whole);
        EXPECT_EQ(has(batch.events[0].payload, R"("server":{"consent":")"),
                  level != Consent::output);
    }
    EXPECT_EQ(decoder_.storable("[]", kReceived, {}).json, "{}");
}

}  // namespace
}  // namespace cellmon::event
