// Goal: the body of a request is read with the coercions of contract §1.3, and all that is wrong
// with it is named at once. Method: a table for each reader.
#include "api/body_fields.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cellmon::api {
namespace {

using Presence = BodyFields::Presence;

BodyFields fields_of(const std::string& json) {
    http::Request request;
    request.headers.add("Content-Type", "application/json; charset=utf-8");
    request.body = json;
    auto fields = BodyFields::parse(request);
    EXPECT_TRUE(fields) << json;
    return std::move(*fields);
}

std::string refusal_of(const BodyFields& fields) {
    return fields.ok() ? "" : std::string(http::view_of(fields.refusal().body));
}

TEST(BodyFields, WholeNumbers) {
    for (const auto& [json, number] : std::initializer_list<std::pair<const char*, std::int64_t>>{
             {"7", 7},
             {"-7", -7},
             {"7.0", 7},
             {"\"7\"", 7},
             {"true", 1},
             {"1e3", 1'000},
             {"9007199254740992", 9'007'199'254'740'992}}) {
        auto fields = fields_of(R"({"n":)" + std::string(json) + "}");
        EXPECT_EQ(fields.integer("n", Presence::required), number) << json;
        EXPECT_TRUE(fields.ok()) << json;
    }
    for (const auto& [json, kind] : std::initializer_list<std::pair<const char*, const char*>>{
             {"7.5", "int_from_float"},
             {"\"x\"", "int_parsing"},
             {"\"\"", "int_parsing"},
             {"[]", "int_type"},
             {"1e300", "int_parsing_size"},
             {"9007199254740994.0", "int_parsing_size"},
             {"-9007199254740993", "int_parsing_size"},
             {R"("9007199254740993")", "int_parsing_size"},
             {"9999999999999999999", "int_parsing_size"}}) {
        auto fields = fields_of(R"({"n":)" + std::string(json) + "}");
        EXPECT_FALSE(fields.integer("n", Presence::required)) << json;
        EXPECT_NE(refusal_of(fields).find(kind), std::string::npos) << refusal_of(fields);
    }
    auto none = fields_of(R"({"n":null})");
    EXPECT_FALSE(none.integer("n", Presence::optional));
    EXPECT_TRUE(none.ok());
}

TEST(BodyFields, TruthValues) {
    for (const char* json :
         {"true", "1", "1.0", "1e0", "\"true\"", "\"YES\"", "\"on\"", "\"1\"", "\"t\""})
        EXPECT_EQ(fields_of(R"({"b":)" + std::string(json) + "}").boolean("b", Presence::required),
                  true)
            << json;
    for (const char* json : {"false", "0", "0.0", "\"no\"", "\"off\"", "\"F\""})
        EXPECT_EQ(fields_of(R"({"b":)" + std::string(json) + "}").boolean("b", Presence::required),
                  false)
            << json;
    for (const char* json : {"2", "\"perhaps\"", "\"\"", "null", "[]", "{}", "1.5"}) {
        auto fields = fields_of(R"({"b":)" + std::string(json) + "}");
        EXPECT_FALSE(fields.boolean("b", Presence::required)) << json;
        EXPECT_FALSE(fields.ok()) << json;
    }
}

TEST(BodyFields, AllThatIsWrongIsNamedInOrder) {
    auto fields = fields_of(R"({"name":7,"email":"x","role":"king","extra":true})");
    EXPECT_FALSE(fields.name("name", Presence::required));
    EXPECT_FALSE(fields.email("email"));
    EXPECT_FALSE(fields.choice("role", Presence::optional, {"a", "b", "c"}));
    EXPECT_FALSE(fields.secret("password"));
    EXPECT_EQ(
        refusal_of(fields),
        R"({"detail":[{"type":"string_type","loc":["body","name"],"msg":"Input should be a valid string","input":7,"url":"https://errors.pydantic.dev/2.6/v/string_type"},)"
        R"({"type":"value_error","loc":["body","email"],"msg":"value is not a valid email address: An email address must have an @-sign.","input":"x","ctx":{"reason":"An email address must have an @-sign."}},)"
        R"({"type":"enum","loc":["body","role"],"msg":"Input should be 'a', 'b' or 'c'","input":"king","ctx":{"expected":"'a', 'b' or 'c'"}},)"
        R"({"type":"missing","loc":["body","password"],"msg":"Field required","input":{},"url":"https://errors.pydantic.dev/2.6/v/missing"}]})");
}

TEST(BodyFields, TheLastOfTwoFieldsOfOneNameCounts) {
    auto fields = fields_of(R"({"name":"first","name":"last"})");
    EXPECT_EQ(fields.name("name", Presence::required), "last");
}

TEST(BodyFields, NoAnswerRepeatsASecret) {
    const std::vector<std::string> bodies = {R"({"password":12345678})",
                                             R"({"password":["hunter2"]})",
                                             "{\"password\":\"" + std::string(5'000, 'h') + "\"}"};
    for (const std::string& json : bodies) {
        auto fields = fields_of(json);
        EXPECT_FALSE(fields.secret("password"));
        EXPECT_EQ(refusal_of(fields).find("hunter2"), std::string::npos);
        EXPECT_EQ(refusal_of(fields).find("12345678"), std::string::npos);
        EXPECT_LT(refusal_of(fields).size(), 1'000U);
    }
}

TEST(BodyFields, AnyBodyIsAnswered) {
    EXPECT_TRUE(rc::check("parsed or refused", [](const std::string& body) {
        http::Request request;
        request.headers.add("content-type", "application/json");
        request.body = body;
        const auto fields = BodyFields::parse(request);
        if (!fields) RC_ASSERT(fields.error().status == 422U);
    }));
}

}  // namespace
}  // namespace cellmon::api
