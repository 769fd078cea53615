// Goal: server frames are what RFC 6455, 5.2 says, at every border of the length field.
// Method: whole frames compared byte by byte with the RFC's examples.
#include "http/websocket_frame.hpp"

#include <gtest/gtest.h>

namespace cellmon::http {
namespace {

using namespace std::string_literals;

std::string head_of(std::size_t size) {
    std::string frame;
    append_frame(frame, Opcode::text, std::string(size, 'x'));
    return frame.substr(0, frame.size() - size);
}

TEST(WebSocketFrame, WritesTheShortestLength) {
    EXPECT_EQ(head_of(0), "\x81\x00"s);
    EXPECT_EQ(head_of(125), "\x81\x7d"s);
    EXPECT_EQ(head_of(126), "\x81\x7e\x00\x7e"s);
    EXPECT_EQ(head_of(65'535), "\x81\x7e\xff\xff"s);
    EXPECT_EQ(head_of(65'536), "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST(WebSocketFrame, WritesTheExamplesOfTheRfcOneBehindTheOther) {
    std::string out;
    append_frame(out, Opcode::text, "Hello");
    append_frame(out, Opcode::ping, "Hello");
    EXPECT_EQ(out, "\x81\x05Hello\x89\x05Hello");
}

TEST(WebSocketFrame, WritesCodeAndReasonOfAClose) {
    std::string out;
    append_close_frame(out, 4408, "slow_client");
    EXPECT_EQ(out, "\x88\x0d\x11\x38slow_client"s);
}

}  // namespace
}  // namespace cellmon::http
