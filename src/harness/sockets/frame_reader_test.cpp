// Goal: the messages of a server are read right however their bytes are cut, and what a server must
// not send is a fault. Method: a stream of every kind of frame is cut at every byte, at every two
// bytes, and fed byte by byte; each forbidden frame by itself.
#include "harness/sockets/frame_reader.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace cellmon::harness {
namespace {

using Kind = SocketMessage::Kind;

/// A frame as a server sends it: the first byte, then the length in its shortest form.
std::string frame(unsigned first, std::string_view payload) {
    std::string bytes(1, static_cast<char>(first));
    if (payload.size() < 126) {
        bytes += static_cast<char>(payload.size());
    } else {
        const std::size_t width = payload.size() < 65'536 ? 2 : 8;
        bytes += static_cast<char>(width == 2 ? 126 : 127);
        for (std::size_t i = width; i-- > 0;)
            bytes += static_cast<char>(payload.size() >> (8 * i) & 0xFFU);
    }
    return bytes.append(payload);
}

struct Read {
    std::vector<std::pair<Kind, std::string>> messages;
    std::string fault;
};

Read read(const std::vector<std::string_view>& pieces) {
    Read result;
    FrameReader reader;
    for (const auto piece : pieces) {
        result.fault = reader.feed(piece, [&](const SocketMessage& message) {
            result.messages.emplace_back(message.kind, message.payload);
        });
        if (!result.fault.empty()) break;
    }
    return result;
}

TEST(FrameReader, ReadsTheSameHoweverTheBytesAreCut) {
    const std::string middle(300, 'm');
    const std::string stream = frame(0x81, "") + frame(0x81, "一") + frame(0x89, "ping") +
                               frame(0x01, "a") + frame(0x8A, "") + frame(0x00, "\xE4\xB8") +
                               frame(0x80, "\x80z") + frame(0x81, middle) +
                               frame(0x88, std::string("\x0F\xA1slow", 6));
    const std::vector<std::pair<Kind, std::string>> expected = {
        {Kind::text, ""},     {Kind::text, "一"},   {Kind::ping, "ping"},         {Kind::pong, ""},
        {Kind::text, "a一z"}, {Kind::text, middle}, {Kind::close, "\x0F\xA1slow"}};
    const std::string_view bytes = stream;
    EXPECT_EQ(read({bytes}).messages, expected);
    for (std::size_t i = 0; i <= bytes.size(); ++i) {
        for (std::size_t j = i; j <= bytes.size(); ++j) {
            const Read cut = read({bytes.substr(0, i), bytes.substr(i, j - i), bytes.substr(j)});
            ASSERT_EQ(cut.messages, expected) << i << ' ' << j;
            ASSERT_EQ(cut.fault, "");
        }
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        single.push_back(bytes.substr(i, 1));
    EXPECT_EQ(read(single).messages, expected);
}

TEST(FrameReader, ReadsALongMessage) {
    const std::string text(70'000, 'x');
    const std::string bytes = frame(0x81, text) + frame(0x81, "next");
    const std::string_view view = bytes;
    const Read got = read({view.substr(0, 9), view.substr(9, 50'000), view.substr(50'009)});
    ASSERT_EQ(got.messages.size(), 2U);
    EXPECT_EQ(got.messages[0].second, text);
    EXPECT_EQ(got.messages[1].second, "next");
}

TEST(FrameReader, FindsWhatAServerMustNotSend) {
    const std::vector<std::pair<std::string, std::string>> faults = {
        {std::string("\x81\x80\x01\x02\x03\x04", 6), "a masked frame"},
        {frame(0xC1, "x"), "a reserved bit is set"},
        {frame(0x83, "x"), "an opcode that is not used here"},
        {frame(0x82, "x"), "an opcode that is not used here"},
        {frame(0x80, "x"), "the continuation of no message"},
        {frame(0x01, "x") + frame(0x81, "y"), "a message begins inside another"},
        {frame(0x09, "x"), "a control frame that is long or in parts"},
        {frame(0x89, std::string(126, 'x')), "a control frame that is long or in parts"},
        {frame(0x81, "\xE4\xB8"), "text that is not UTF-8"},
        {std::string("\x81\x7F\x00\x00\x00\x01\x00\x00\x00\x00", 10),
         "a frame of more than 64 MiB"},
    };
    for (const auto& [bytes, fault] : faults) {
        EXPECT_EQ(read({bytes}).fault, fault);
        std::vector<std::string_view> single;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            single.push_back(std::string_view(bytes).substr(i, 1));
        EXPECT_EQ(read(single).fault, fault);
    }
}

TEST(FrameReader, MasksWhatAClientSends) {
    const std::string sent = client_frame(Kind::pong, "hello");
    ASSERT_EQ(sent.size(), 11U);
    EXPECT_EQ(sent.substr(0, 2), "\x8A\x85");
    std::string payload;
    for (std::size_t i = 0; i < 5; ++i)
        payload += static_cast<char>(sent[6 + i] ^ sent[2 + i % 4]);
    EXPECT_EQ(payload, "hello");
}

}  // namespace
}  // namespace cellmon::harness
