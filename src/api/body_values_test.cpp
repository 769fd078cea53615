// Goal: what rows of classes are made of is read with the coercions of contract §1.3; null and
// missing are told apart; what does not fit is named. Method: a table for each reader.
#include <gtest/gtest.h>

#include "api/body_fields.hpp"

namespace cellmon::api {
namespace {

using Presence = BodyFields::Presence;

BodyFields values_of(const std::string& value) {
    http::Request request;
    request.headers.add("Content-Type", "application/json");
    request.body = R"({"x":)" + value + "}";
    auto fields = BodyFields::parse(request);
    EXPECT_TRUE(fields) << value;
    return std::move(*fields);
}

std::string refused_value(const BodyFields& fields) {
    return fields.ok() ? "" : std::string(http::view_of(fields.refusal().body));
}

TEST(BodyValues, NullAndMissingAreTwoThings) {
    for (const char* field : {"x", "y"}) {
        auto fields = values_of("null");
        const bool given = field == std::string_view("x");
        EXPECT_EQ(fields.nullable_text(field, {0, 5}).given, given);
        EXPECT_EQ(fields.nullable_real(field, 0, 1).given, given);
        EXPECT_EQ(fields.nullable_time(field).given, given);
        EXPECT_EQ(fields.nullable_id(field).given, given);
        EXPECT_TRUE(fields.ok());
    }
    std::optional<double> target = 5;
    Nullable<double>{}.apply(target);
    EXPECT_EQ(target, 5);
    Nullable<double>{true, std::nullopt}.apply(target);
    EXPECT_FALSE(target);
    auto id = values_of("null");
    EXPECT_FALSE(id.id("x", Presence::optional));
    EXPECT_NE(refused_value(id).find("int_type"), std::string::npos);
}

TEST(BodyValues, Lines) {
    EXPECT_EQ(values_of(R"("名前")").line("x", Presence::required, {1, 2}), "名前");
    for (const auto& [value, kind] : std::initializer_list<std::pair<const char*, const char*>>{
             {R"("")", "string_too_short"},
             {R"("名前x")", "string_too_long"},
             {R"("\n")", "value_error"},
             {R"("\u0000")", "value_error"},
             {R"("\u007f")", "value_error"},
             {"7", "string_type"},
             {"null", "string_type"}}) {
        auto fields = values_of(value);
        EXPECT_FALSE(fields.line("x", Presence::required, {1, 2})) << value;
        EXPECT_NE(refused_value(fields).find(kind), std::string::npos) << refused_value(fields);
    }
    EXPECT_EQ(values_of(R"("a\r\n\tb")").nullable_text("x", {0, 9}).value, "a\r\n\tb");
    auto fields = values_of(R"("\u0001")");
    EXPECT_FALSE(fields.nullable_text("x", {0, 9}).given);
    EXPECT_FALSE(fields.ok());
}

TEST(BodyValues, Numbers) {
    for (const auto& [value, number] :
         std::initializer_list<std::pair<const char*, double>>{{"7", 7},
                                                               {"7.5", 7.5},
                                                               {R"("7.5")", 7.5},
                                                               {"true", 1},
                                                               {"0", 0},
                                                               {"10", 10},
                                                               {"1e1", 10}})
        EXPECT_EQ(values_of(value).nullable_real("x", 0, 10).value, number) << value;
    for (const auto& [value, kind] :
         std::initializer_list<std::pair<const char*, const char*>>{{"-0.1", "greater_than_equal"},
                                                                    {"10.5", "less_than_equal"},
                                                                    {R"("inf")", "less_than_equal"},
                                                                    {R"("nan")", "float_parsing"},
                                                                    {R"("7x")", "float_parsing"},
                                                                    {R"("")", "float_parsing"},
                                                                    {"[]", "float_type"}}) {
        auto fields = values_of(value);
        EXPECT_FALSE(fields.nullable_real("x", 0, 10).given) << value;
        EXPECT_NE(refused_value(fields).find(kind), std::string::npos) << refused_value(fields);
    }
}

TEST(BodyValues, AnAnswerIsUtf8WhereverItIsCut) {
    for (std::size_t front = 0; front < 4; ++front) {
        std::string wide = '"' + std::string(front, 'x');
        for (int i = 0; i < 200; ++i)
            wide += "名";
        auto fields = values_of(wide + '"');
        fields.id("x", Presence::required);
        fields.nullable_real("x", 0, 1);
        fields.nullable_time("x");
        fields.email("x");
        const std::string refusal = refused_value(fields);
        EXPECT_TRUE(simdjson::validate_utf8(refusal.data(), refusal.size())) << front;
    }
}

TEST(BodyValues, Times) {
    const auto time = [](const char* value) { return values_of(value).nullable_time("x").value; };
    EXPECT_EQ(time(R"("2026-12-01T09:00:00+09:00")"), parse_time("2026-12-01T00:00:00Z"));
    EXPECT_EQ(time(R"("2026-12-01")"), parse_time("2026-12-01T00:00:00Z"));
    for (const char* value :
         {R"("2026-13-01")", R"("soon")", "5", R"("")", R"("0000-01-01T00:00:00Z")"}) {
        auto fields = values_of(value);
        EXPECT_FALSE(fields.nullable_time("x").given) << value;
        EXPECT_FALSE(fields.ok()) << value;
    }
}

TEST(BodyValues, EachItemOfAListHasFaultsOfItsOwn) {
    auto fields = values_of(R"([{"n":1},{"n":"x"},7,{}])");
    auto items = fields.separate_objects("x", 4);
    ASSERT_EQ(items.size(), 4U);
    std::vector<std::string> places;
    for (BodyFields& item : items) {
        item.id("n", Presence::required);
        places.push_back(item.ok() ? "" : item.first_fault().place);
    }
    EXPECT_EQ(places, (std::vector<std::string>{"", "n", "2", "n"}));
    EXPECT_TRUE(fields.ok());
    EXPECT_TRUE(values_of("[{},{}]").separate_objects("x", 1).empty());
    auto long_one = values_of("[{},{}]");
    long_one.separate_objects("x", 1);
    EXPECT_NE(refused_value(long_one).find("too_long"), std::string::npos);
}

}  // namespace
}  // namespace cellmon::api
