// Goal: the accept value is that of RFC 6455, and only pages that may do so open a socket.
// Method: plain calls; the forms of refusal are tested over sockets in websocket_test.
#include "http/websocket_handshake.hpp"

#include <gtest/gtest.h>

namespace cellmon::http {
namespace {

TEST(WebSocketHandshake, AnswersTheExampleOfTheRfc) {
    Request request;
    request.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    const Response response = accept_handshake(request);
    EXPECT_EQ(response.status, 101U);
    const std::pair<std::string, std::string> accept{"Sec-WebSocket-Accept",
                                                     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};
    EXPECT_EQ(response.headers.back(), accept);
}

TEST(WebSocketHandshake, OnlyPagesOfTheHostAndOfThisMachineMayOpenASocket) {
    for (const char* origin :
         {"http://class.example", "https://Class.Example:8443", "http://localhost:3000",
          "http://localhost", "http://127.0.0.1:8888", "http://[::1]:8000"}) {
        EXPECT_TRUE(may_open_socket(origin, "class.example:8000")) << origin;
    }
    for (const char* origin :
         {"http://evil.example", "http://class.example.evil", "http://localhost.evil",
          "http://evil.example/class.example", "http://127.0.0.1.evil", "http://[::2]", "http://[",
          "http://", "null", "", "class.example", "http://class.example@evil.example"}) {
        EXPECT_FALSE(may_open_socket(origin, "class.example:8000")) << origin;
    }
    EXPECT_TRUE(may_open_socket("http://[fe80::7]:1", "[fe80::7]:2"));
    EXPECT_FALSE(may_open_socket("http://[fe80::7]:1", "[fe80::8]:1"));
    EXPECT_FALSE(may_open_socket("http://", ""));
}

}  // namespace
}  // namespace cellmon::http
