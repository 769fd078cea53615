// Goal: a response is read right however its bytes are cut. Method: each response is fed whole and
// byte by byte.
#include "harness/wire/response_parser.hpp"

#include <gtest/gtest.h>

#include "harness/wire/endpoint.hpp"

namespace cellmon::harness {
namespace {

using State = ResponseParser::State;

void expect(const std::string& bytes, int status, const std::string& body, bool keep_alive) {
    ResponseParser whole;
    ASSERT_EQ(whole.feed(bytes), State::complete) << bytes;
    ResponseParser pieces;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const State state = pieces.feed(bytes.substr(i, 1));
        ASSERT_EQ(state, i + 1 == bytes.size() ? State::complete : State::incomplete) << i;
    }
    for (ResponseParser* parser : {&whole, &pieces}) {
        EXPECT_EQ(parser->response().status, status);
        EXPECT_EQ(parser->response().body, body);
        EXPECT_EQ(parser->response().keep_alive, keep_alive);
    }
}

TEST(ResponseParser, ReadsEveryBodyForm) {
    expect("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}", 202, "{}", true);
    expect("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nConnection: close\r\n\r\n", 503, "", false);
    expect("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true);
    expect(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n4\r\nabcd\r\nA\r\n0123456789\r\n0\r\n\r\n",
        200, "abcd0123456789", true);
    expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x",
           true);
}

TEST(ResponseParser, ABodyWithoutLengthEndsWithTheConnection) {
    ResponseParser parser;
    EXPECT_EQ(parser.feed("HTTP/1.1 200 OK\r\n\r\nabc"), State::incomplete);
    EXPECT_EQ(parser.end_of_stream(), State::complete);
    EXPECT_EQ(parser.response().body, "abc");
}

TEST(ResponseParser, ACutAnswerIsBroken) {
    ResponseParser parser;
    EXPECT_EQ(parser.feed("HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\n{}"),
              State::incomplete);
    EXPECT_EQ(parser.end_of_stream(), State::broken);
    ResponseParser other;
    EXPECT_EQ(other.feed("SMTP hello\r\n\r\n"), State::broken);
}

TEST(ResponseParser, TheNextResponseMayLieBehindTheFirst) {
    ResponseParser parser;
    ASSERT_EQ(parser.feed("HTTP/1.1 503 x\r\nRetry-After: 7\r\nContent-Length: 1\r\n\r\naHTTP/1.1 "
                          "200 OK\r\nContent-Length: 1\r\n\r\nb"),
              State::complete);
    EXPECT_EQ(parser.response().retry_after_s, 7);
    parser.reset();
    ASSERT_EQ(parser.feed(""), State::complete);
    EXPECT_EQ(parser.response().body, "b");
    EXPECT_EQ(parser.response().retry_after_s, 0);
}

TEST(Endpoint, ParsesUrls) {
    const auto endpoint = Endpoint::parse("http://127.0.0.1:8123/school/");
    ASSERT_TRUE(endpoint.has_value());
    EXPECT_EQ(endpoint->authority, "127.0.0.1:8123");
    EXPECT_EQ(endpoint->prefix, "/school");
    EXPECT_FALSE(Endpoint::parse("127.0.0.1:8123").has_value());
    EXPECT_FALSE(Endpoint::parse("http://:80").has_value());
}

TEST(Endpoint, SendsASecretWithEveryRequest) {
    auto endpoint = Endpoint::parse("http://127.0.0.1:8123");
    ASSERT_TRUE(endpoint.has_value());
    EXPECT_TRUE(endpoint->authorize("").has_value());
    EXPECT_EQ(endpoint->credentials, "");
    EXPECT_TRUE(endpoint->authorize("ck_a").has_value());
    EXPECT_EQ(endpoint->credentials, "Authorization: Bearer ck_a\r\n");
    for (const char* bad : {"a b", "secret\r\nX: y", "\xE9t\xE9"}) {
        const auto refused = endpoint->authorize(bad);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().message.find(bad), std::string::npos);
    }
}

}  // namespace
}  // namespace cellmon::harness
