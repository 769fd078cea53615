// Goal: what comes with the key of a class is of that class, and stays the event that was sent.
// Method: the same items with a key, with another, and without one.
#include "event/decode_fixture.hpp"

namespace cellmon::event {
namespace {

class ClassOfKey : public DecodeFixture {
  protected:
    Batch decode_with(std::string_view body, std::string_view class_code) {
        auto batch = decoder_.decode(body, BodyForm::json, kReceived, {class_code, nullptr, {}});
        EXPECT_TRUE(batch.has_value()) << body;
        return batch ? std::move(*batch) : Batch();
    }
};

TEST_F(ClassOfKey, WhatNamesNoClassIsOfThatOne) {
    for (const char* members :
         {"", R"("classCode":null)", R"("classCode":"")", R"("classCode":" ")"}) {
        const Batch batch = decode_with(item(members), "情報 \"A\"");
        ASSERT_EQ(batch.events.size(), 1U) << members;
        EXPECT_EQ(batch.events[0].class_code, "情報 \"A\"");
        EXPECT_EQ((*reader_.read(batch.events[0].payload))->class_code, "情報 \"A\"");
        EXPECT_NE(batch.events[0].payload.find(R"("server":{"classFrom":"key"})"),
                  std::string_view::npos);
    }
}

TEST_F(ClassOfKey, WhatNamesItIsTakenAndSaysSo) {
    for (const char* members : {R"("classCode":"A")", R"("classCode":" A\t")"}) {
        const Batch batch = decode_with(item(members), "A");
        ASSERT_EQ(batch.events.size(), 1U) << members;
        EXPECT_EQ((*reader_.read(batch.events[0].payload))->class_code, "A");
        EXPECT_EQ(batch.events[0].payload.find("classFrom"), std::string_view::npos);
    }
}

TEST_F(ClassOfKey, WhatNamesAnotherIsRefusedAndKeptInThatOfTheKey) {
    const std::string other = item(R"("classCode":"B","streamId":"s","streamSequence":7)");
    const Batch batch = decode_with("[" + other + "," + item("") + "]", "A");
    EXPECT_EQ(batch.events.size(), 1U);
    ASSERT_EQ(batch.refused.size(), 1U);
    EXPECT_EQ(batch.refused[0].field, "classCode");
    EXPECT_EQ(batch.refused[0].reason, "names another class than that of the key");
    EXPECT_TRUE(batch.refused[0].quarantined);
    EXPECT_EQ(batch.refused[0].class_code, "A");
    EXPECT_EQ(batch.refused[0].stream_number, 7U);
    EXPECT_EQ(decode_with(item(R"("classCode":5)"), "A").refused.at(0).field, "classCode");
    EXPECT_EQ(decode_with(R"({"classCode":"B"})", "A").refused.at(0).field, "emailAddress")
        << "the first fault is named";
    EXPECT_EQ(decode_with("[5]", "A").refused.size(), 1U);
}

TEST_F(ClassOfKey, ItStaysTheEventThatWasSent) {
    const std::string named = item("");
    const std::string nameless = R"({"emailAddress":"a@b","eventTime":"2026-11-23T17:43:13Z"})";
    for (const std::string& body : {named, nameless}) {
        const Batch without = decode(body);
        for (const char* code : {"A", "B"}) {
            const Batch with = decode_with(body, code);
            EXPECT_EQ(with.events.at(0).id, without.events.at(0).id);
            EXPECT_EQ(with.events.at(0).content_hash, without.events.at(0).content_hash);
        }
    }
}

TEST_F(ClassOfKey, ALongCodeIsCutAsTheClientsOwnWouldBe) {
    std::string code;
    for (int i = 0; i < 100; ++i)
        code += "情";
    const std::string members = R"("classCode":")" + code + '"';
    const Batch own = decode(item(members));
    ASSERT_EQ(own.events.size(), 1U);
    EXPECT_LT(own.events[0].class_code.size(), code.size());
    const Batch given = decode_with(item(""), code);
    EXPECT_EQ(given.events.at(0).class_code, own.events[0].class_code);
    EXPECT_NE(given.events[0].payload.find(R"("cut":{"classCode":{"bytes":300,)"),
              std::string_view::npos);
    EXPECT_EQ(decode_with(item(members), code).events.at(0).class_code, own.events[0].class_code);
}

TEST_F(ClassOfKey, TheNextBodyHasNothingOfIt) {
    EXPECT_EQ(decode_with(item(""), "A").events.at(0).class_code, "A");
    const Batch batch = decode(item(""));
    EXPECT_TRUE(batch.events.at(0).class_code.empty());
    EXPECT_EQ(batch.events[0].payload.find("classFrom"), std::string_view::npos);
}

}  // namespace
}  // namespace cellmon::event
