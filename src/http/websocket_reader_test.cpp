// Goal: a client's bytes give the messages of RFC 6455 however they are cut, and everything that is
// against it, or beyond the limit, is told with the right code.
// Method: frames put together here, read in every split of small inputs and in random cuts of large
// ones.
#include "http/websocket_reader.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "http/test_websocket.hpp"
#include "http/websocket.hpp"

namespace cellmon::http {
namespace {

using namespace std::string_literals;
using testing::client_frame;
using Kind = WebSocketInput::Kind;

constexpr std::size_t kLimit = 70'000;

/// `text:Hello`, `close:1000:`, one line each.
std::string name_of(const WebSocketInput& input) {
    const std::string code = std::to_string(input.code);
    const std::string payload(input.payload);
    switch (input.kind) {
        case Kind::text:
            return "text:" + payload + "\n";
        case Kind::ping:
            return "ping:" + payload + "\n";
        case Kind::pong:
            return "pong:" + payload + "\n";
        case Kind::close:
            return "close:" + code + "\n";
        case Kind::failed:
            return "failed:" + code + ":" + payload + "\n";
        case Kind::nothing:
            break;
    }
    return "";
}

void read_into(std::string& told, WebSocketReader& reader, std::string_view bytes) {
    while (true) {
        const WebSocketInput input = reader.next(bytes);
        told += name_of(input);
        if (input.kind == Kind::nothing) break;
    }
    EXPECT_TRUE(bytes.empty());
}

std::string read(std::string_view bytes) {
    WebSocketReader reader(kLimit);
    std::string told;
    read_into(told, reader, bytes);
    return told;
}

std::string fragment(Opcode opcode, std::string_view payload) {
    return client_frame(opcode, payload, false);
}

const std::string kConversation = fragment(Opcode::text, "a\xc3") +
                                  client_frame(Opcode::ping, "now") +
                                  fragment(Opcode::more, "\xa4") + client_frame(Opcode::more, "z") +
                                  client_frame(Opcode::text, "") + client_frame(Opcode::pong, "") +
                                  client_frame(Opcode::close,
                                               "\x03\xe8"
                                               "bye");
const std::string kTold = "ping:now\ntext:a\xc3\xa4z\ntext:\npong:\nclose:1000\n";

TEST(WebSocketReader, TellsTheSameForEverySplitInThree) {
    EXPECT_EQ(read(kConversation), kTold);
    const std::string_view bytes = kConversation;
    for (std::size_t first = 0; first <= bytes.size(); ++first) {
        for (std::size_t second = first; second <= bytes.size(); ++second) {
            WebSocketReader reader(kLimit);
            std::string told;
            read_into(told, reader, bytes.substr(0, first));
            read_into(told, reader, bytes.substr(first, second - first));
            read_into(told, reader, bytes.substr(second));
            ASSERT_EQ(told, kTold) << first << " " << second;
        }
    }
}

RC_GTEST_PROP(WebSocketReader, TellsWhatWasFramedInAnyCut,
              (const std::vector<std::vector<std::string>>& messages)) {
    std::string bytes;
    std::string expected;
    for (const auto& fragments : messages) {
        std::string whole;
        for (std::size_t i = 0; i < fragments.size(); ++i) {
            const bool last = i + 1 == fragments.size();
            bytes += client_frame(i == 0 ? Opcode::text : Opcode::more, fragments[i], last);
            whole += fragments[i];
        }
        if (!fragments.empty()) expected += "text:" + whole + "\n";
    }
    WebSocketReader reader(kLimit);
    std::string told;
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const auto cut = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
        read_into(told, reader, rest.substr(0, cut));
        rest.remove_prefix(cut);
    }
    // RapidCheck makes strings of all bytes; those that are no UTF-8 end the reading.
    if (told.find("failed:1007:") == std::string::npos) {
        RC_ASSERT(told == expected);
    } else {
        RC_ASSERT(expected.starts_with(told.substr(0, told.find("failed:"))));
    }
}

TEST(WebSocketReader, TakesEveryFormOfTheLength) {
    for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65'535U, 65'536U, 70'000U}) {
        const std::string text(size, 'x');
        EXPECT_EQ(read(client_frame(Opcode::text, text)), "text:" + text + "\n") << size;
    }
}

TEST(WebSocketReader, RefusesWhatTheRfcForbids) {
    const std::string mask = "\x01\x02\x03\x04";
    const std::vector<std::pair<std::string, std::string>> refused = {
        {"\xc1"s, "failed:1002:reserved bit\n"},
        {"\xa1"s, "failed:1002:reserved bit\n"},
        {"\x91"s, "failed:1002:reserved bit\n"},
        {"\x83"s, "failed:1002:unknown opcode\n"},
        {"\x8b"s, "failed:1002:unknown opcode\n"},
        {"\x80"s, "failed:1002:nothing to continue\n"},
        {"\x09"s, "failed:1002:control frame in fragments\n"},
        {"\x82"s, "failed:1003:text messages only\n"},
    };
    for (const auto& [start, told] : refused)
        EXPECT_EQ(read(start + "\x80"), told);
    EXPECT_EQ(read("\x81\x00"s), "failed:1002:frame without a mask\n");
    EXPECT_EQ(read("\x89\xfe"s), "failed:1002:control frame too long\n");
    EXPECT_EQ(read("\x81\xfe\x00\x7d"s + mask), "failed:1002:length not in its shortest form\n");
    EXPECT_EQ(read("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff"s + mask),
              "failed:1002:length not in its shortest form\n");
    EXPECT_EQ(read("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00"s + mask),
              "failed:1002:length out of range\n");
    EXPECT_EQ(read(fragment(Opcode::text, "a") + client_frame(Opcode::text, "b")),
              "failed:1002:message inside a message\n");
}

TEST(WebSocketReader, ChecksUtf8OverTheWholeMessage) {
    const std::string bad = "failed:1007:text is not UTF-8\n";
    EXPECT_EQ(read(client_frame(Opcode::text, "\xff")), bad);
    EXPECT_EQ(read(client_frame(Opcode::text, "\xed\xa0\x80")), bad);
    EXPECT_EQ(read(fragment(Opcode::text, "\xc3") + client_frame(Opcode::more, "")), bad);
    EXPECT_EQ(read(fragment(Opcode::text, "\xc3") + client_frame(Opcode::more, "\xa4")),
              "text:\xc3\xa4\n");
}

TEST(WebSocketReader, ChecksCloseFrames) {
    const auto close = [](unsigned code, std::string_view reason = "") {
        std::string payload = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
        return read(client_frame(Opcode::close, payload.append(reason)));
    };
    for (const unsigned code : {1000U, 1003U, 1007U, 1011U, 1014U, 3000U, 4999U})
        EXPECT_EQ(close(code, "why"), "close:" + std::to_string(code) + "\n");
    for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2999U, 5000U, 65'535U})
        EXPECT_EQ(close(code), "failed:1002:close code out of range\n") << code;
    EXPECT_EQ(close(1000, "\xff"), "failed:1007:close reason is not UTF-8\n");
    EXPECT_EQ(read(client_frame(Opcode::close, "")), "close:1005\n");
    EXPECT_EQ(read(client_frame(Opcode::close, "\x03")), "failed:1002:half a close code\n");
}

TEST(WebSocketReader, BoundsAMessageBeforeItsBytesCome) {
    const std::string big = "failed:1009:message too big\n";
    const std::string most(kLimit, 'x');
    EXPECT_EQ(read(client_frame(Opcode::text, most + "x").substr(0, 14)), big);
    EXPECT_EQ(read(fragment(Opcode::text, most) + client_frame(Opcode::more, "x")), big);
    EXPECT_EQ(read(fragment(Opcode::text, most) + client_frame(Opcode::ping, "x") +
                   client_frame(Opcode::more, "") + client_frame(Opcode::text, "y")),
              "ping:x\ntext:" + most + "\ntext:y\n");
}

TEST(WebSocketReader, SaysNothingBehindTheEnd) {
    const std::string after = client_frame(Opcode::text, "after");
    EXPECT_EQ(read(client_frame(Opcode::close, "") + after), "close:1005\n");
    EXPECT_EQ(read(client_frame(Opcode::binary, "") + after), "failed:1003:text messages only\n");
}

}  // namespace
}  // namespace cellmon::http
