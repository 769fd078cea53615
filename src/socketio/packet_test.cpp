// Goal: packets are read and written as Engine.IO 4 and Socket.IO 5 have them, and what is none is
// told from what is one. Method: the examples of the protocols' texts, and each of them cut short.
#include "socketio/packet.hpp"

#include <string>

#include <gtest/gtest.h>

namespace cellmon::socketio {
namespace {

using namespace std::string_view_literals;

TEST(EnginePackets, HaveATypeAndData) {
    const auto packet = read_engine_packet("4hello");
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->type, EngineType::message);
    EXPECT_EQ(packet->data, "hello");
    EXPECT_EQ(read_engine_packet("2")->data, "");
    for (const auto text : {""sv, "7"sv, "/"sv, "bAQID"sv, "x4"sv, "\x1e"sv, "\0"sv})
        EXPECT_FALSE(read_engine_packet(text)) << text;
    EXPECT_TRUE(is_binary("bAQID"));
    EXPECT_FALSE(is_binary("4b"));
}

TEST(Payloads, AreSplitAndJoined) {
    EXPECT_EQ(split_payload("4hello\x1e"
                            "2\x1e"
                            "4world"),
              (std::vector{"4hello"sv, "2"sv, "4world"sv}));
    EXPECT_EQ(split_payload(""), std::vector{""sv});
    EXPECT_EQ(split_payload("\x1e"), (std::vector{""sv, ""sv}));
    std::string body;
    append_to_payload(body, "2");
    append_to_payload(body, "6");
    EXPECT_EQ(split_payload(body), (std::vector{"2"sv, "6"sv}));
}

struct Example {
    std::string_view text;
    Type type;
    std::string_view space;
    std::optional<std::uint64_t> id;
    std::string_view data;
};

TEST(Packets, OfTheProtocol) {
    for (const Example& one : {
             Example{"0", Type::connect, "/", {}, ""},
             Example{"0{\"token\":\"123\"}", Type::connect, "/", {}, "{\"token\":\"123\"}"},
             Example{"0/admin,", Type::connect, "/admin", {}, ""},
             Example{"0/admin", Type::connect, "/admin", {}, ""},
             Example{"0/admin?a=b,{}", Type::connect, "/admin", {}, "{}"},
             Example{"1", Type::disconnect, "/", {}, ""},
             Example{"2[\"hey\"]", Type::event, "/", {}, "[\"hey\"]"},
             Example{"2/admin,456[\"a\",1]", Type::event, "/admin", 456, "[\"a\",1]"},
             Example{"213[\"a\"]", Type::event, "/", 13, "[\"a\"]"},
             Example{"3456[]", Type::ack, "/", 456, "[]"},
             Example{"51-[\"a\"]", Type::binary_event, "/", {}, "[\"a\"]"},
             Example{"61-/admin,7[]", Type::binary_ack, "/admin", 7, "[]"},
         }) {
        const auto packet = read_packet(one.text);
        ASSERT_TRUE(packet) << one.text;
        EXPECT_EQ(packet->type, one.type) << one.text;
        EXPECT_EQ(packet->space, one.space) << one.text;
        EXPECT_EQ(packet->id, one.id) << one.text;
        EXPECT_EQ(packet->data, one.data) << one.text;
    }
}

TEST(Packets, ThatAreNone) {
    for (const auto text : {""sv, "7"sv, "abc"sv, "5"sv, "5["sv, "5-[]"sv, "6x-[]"sv,
                            "299999999999999999999[\"a\"]"sv, "599999999999999999999-[]"sv})
        EXPECT_FALSE(read_packet(text)) << text;
}

TEST(Events, HaveANameAndAnArgument) {
    const auto event = read_event(R"(["a\u3042", {"b": [1, 2.5]}, 3])");
    ASSERT_TRUE(event);
    EXPECT_EQ(event->name, "aあ");
    EXPECT_EQ(event->argument, R"({"b":[1,2.5]})");
    EXPECT_EQ(read_event(R"(["a"])")->argument, "");
    for (const auto text : {""sv, "{}"sv, "[]"sv, "[1]"sv, "[null]"sv, "[\"a\""sv, "[\"a\"]]"sv,
                            "\"a\""sv, "[[\"a\"]]"sv, "[\"\\ud800\"]"sv})
        EXPECT_FALSE(read_event(text)) << text;
    EXPECT_TRUE(is_json_object("{\"token\":1}"));
    for (const auto text : {""sv, "[]"sv, "{"sv, "{}{}"sv, "null"sv})
        EXPECT_FALSE(is_json_object(text)) << text;
    EXPECT_FALSE(read_event(std::string(5'000, '['))) << "deeper than anybody means";
}

TEST(Packets, OfTheServer) {
    EXPECT_EQ(open_packet({"s1", true, std::chrono::seconds(25), std::chrono::seconds(20), 65'536}),
              R"(0{"sid":"s1","upgrades":["websocket"],"pingInterval":25000,)"
              R"("pingTimeout":20000,"maxPayload":65536})");
    EXPECT_EQ(connected_packet("x"), R"(40{"sid":"x"})");
    EXPECT_EQ(connect_error_packet("/", "no \"token\""), R"(44{"message":"no \"token\""})");
    EXPECT_EQ(connect_error_packet("/admin", "no"), R"(44/admin,{"message":"no"})");
    EXPECT_EQ(event_packet("a", "{}"), R"(42["a",{}])");
    EXPECT_EQ(ack_packet(7, "{}"), "437[{}]");
}

}  // namespace
}  // namespace cellmon::socketio
