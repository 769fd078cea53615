// Goal: the handshake takes what RFC 6455 allows and refuses the rest in the form of the other
// errors; messages go both ways whole and in order; both sides can close.
// Method: raw frames over real sockets.
#include <gtest/gtest.h>

#include "http/test_websocket.hpp"

namespace cellmon::http {
namespace {

using testing::Client;
using testing::client_close;
using testing::client_frame;
using testing::eventually;
using testing::get;
using testing::handshake;
using testing::heard_close;
using testing::heard_text;
using testing::post;
using testing::SocketClient;
using testing::SocketServer;

std::string without(std::string text, std::string_view line) {
    const auto at = text.find(line);
    CELLMON_ASSERT(at != std::string::npos);
    return text.erase(at, line.size());
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    CELLMON_ASSERT(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

TEST(WebSocket, AnswersTheHandshake) {
    SocketServer server;
    Client client(server.server.port);
    const auto answer = client.ask(handshake("/socket", "Origin: http://test:3000\r\n"), true);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 101);
    EXPECT_TRUE(answer->head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    EXPECT_EQ(answer->header("upgrade"), "websocket");
    EXPECT_EQ(answer->header("connection"), "Upgrade");
    EXPECT_EQ(answer->header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(answer->header("sec-websocket-extensions"), "<absent>");
    EXPECT_EQ(answer->header("content-length"), "<absent>");
}

TEST(WebSocket, RefusesHandshakesAndGoesOn) {
    SocketServer server;
    Client client(server.server.port);
    const auto refused = [&](const std::string& request, int status, std::string_view detail) {
        const auto answer = client.ask(request);
        ASSERT_TRUE(answer) << request;
        EXPECT_EQ(answer->status, status) << request;
        EXPECT_EQ(answer->body, R"({"detail":")" + std::string(detail) + R"("})") << request;
    };
    const std::string good = handshake("/socket");
    refused(get("/socket"), 426, "This resource is a WebSocket");
    refused(get("/socket", "Connection: upgrade\r\nUpgrade: h2c\r\n"), 426,
            "This resource is a WebSocket");
    refused(replaced(good, "HTTP/1.1", "HTTP/1.0\r\nConnection: keep-alive"), 426,
            "This resource is a WebSocket");
    refused(replaced(good, "GET", "DELETE"), 405, "Method Not Allowed");
    refused(replaced(good, "/socket", "/nothing"), 404, "Not Found");
    refused(replaced(good, "keep-alive, Upgrade", "keep-alive"), 400,
            "The header field Connection does not name Upgrade");
    refused(without(good, "Sec-WebSocket-Version: 13\r\n"), 426,
            "The only version of WebSockets is 13");
    const std::string bad_key = "Sec-WebSocket-Key is not 16 bytes in base64";
    refused(without(good, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400, bad_key);
    refused(replaced(good, "Q==\r\n", "QQ=\r\n"), 400, bad_key);
    refused(replaced(good, "dGhl", "dG*l"), 400, bad_key);
    refused(replaced(good, "dGhl", ""), 400, bad_key);
    refused(handshake("/socket", "Origin: http://evil.example\r\n"), 403,
            "Pages of this origin may not open a WebSocket here");
    refused(handshake("/socket?room=none"), 422, "no room");
    refused(handshake("/socket?room=throw"), 500, "Internal Server Error");
    EXPECT_EQ(client.ask(get("/hello/a"))->body, "hello a");
    EXPECT_EQ(server.opened, 0U);

    const auto version = client.ask(replaced(good, "Version: 13", "Version: 8"));
    EXPECT_EQ(version->status, 426);
    EXPECT_EQ(version->header("sec-websocket-version"), "13");
    const auto plain = client.ask(get("/socket"));
    EXPECT_EQ(plain->header("upgrade"), "websocket");
    EXPECT_EQ(plain->header("connection"), "Upgrade");
    EXPECT_EQ(client.ask(good, true)->status, 101);
}

TEST(WebSocket, AHandshakeHasNoBody) {
    SocketServer server;
    Client client(server.server.port);
    const auto answer = client.ask(handshake("/socket", "Content-Length: 2\r\n") + "\x81\x80");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
    EXPECT_TRUE(client.closed());
}

TEST(WebSocket, CarriesMessagesBothWays) {
    SocketServer server;
    SocketClient client(server);
    for (const std::size_t size : {0U, 1U, 125U, 126U, 60'000U}) {
        const std::string text(size, 'm');
        client.say(text);
        EXPECT_EQ(client.hear(), heard_text(text));
    }
    client.send(client_frame(Opcode::text, "a", false) + client_frame(Opcode::ping, "here?") +
                client_frame(Opcode::more, "b", false) + client_frame(Opcode::more, "c"));
    EXPECT_EQ(client.hear(), "\x8ahere?");
    EXPECT_EQ(client.hear(), heard_text("abc"));
}

TEST(WebSocket, TakesWhatCameRightBehindTheHandshake) {
    SocketServer server;
    // More than a connection's own buffer, and the last message is cut.
    std::string behind;
    for (int i = 0; i < 500; ++i)
        behind += client_frame(Opcode::text, "early " + std::to_string(i));
    const std::string last = client_frame(Opcode::text, "last");
    SocketClient client(server, behind + last.substr(0, 7));
    for (int i = 0; i < 500; ++i)
        ASSERT_EQ(client.hear(), heard_text("early " + std::to_string(i)));
    client.send(last.substr(7));
    EXPECT_EQ(client.hear(), heard_text("last"));
}

TEST(WebSocket, TakesTheHandshakeBehindOtherRequests) {
    SocketServer server;
    Client client(server.server.port);
    client.send(get("/large") + post("/later", "x") + handshake("/socket") +
                client_frame(Opcode::text, "first"));
    EXPECT_EQ(client.receive()->body.size(), 4U << 20U);
    server.server.shelf.take().send(text_response(200, "now"));
    EXPECT_EQ(client.receive()->body, "now");
    EXPECT_EQ(client.receive(true)->status, 101);
    EXPECT_EQ(receive_frame(client), heard_text("first"));
}

TEST(WebSocket, ReadsByteByByte) {
    SocketServer server;
    Client client(server.server.port);
    for (const char byte : handshake("/socket") + client_frame(Opcode::text, "slow")) {
        client.send(std::string_view(&byte, 1));
        std::this_thread::yield();
    }
    EXPECT_EQ(client.receive(true)->status, 101);
    EXPECT_EQ(receive_frame(client), heard_text("slow"));
}

TEST(WebSocket, WritesAllThatWasQueuedInItsOrder) {
    SocketServer server;
    SocketClient client(server);
    client.say("burst 1000");
    client.say("after");
    for (int i = 0; i < 1'000; ++i)
        ASSERT_EQ(client.hear(), heard_text(std::to_string(i)));
    EXPECT_EQ(client.hear(), heard_text("after"));
}

TEST(WebSocket, AnswersTheClosingHandshake) {
    SocketServer server;
    SocketClient client(server);
    client.send(client_close(1001) + client_frame(Opcode::text, "too late"));
    EXPECT_EQ(client.hear(), heard_close(1001, ""));
    EXPECT_TRUE(client.closed());
    SocketClient without_code(server);
    without_code.send(client_frame(Opcode::close, ""));
    EXPECT_EQ(without_code.hear(), heard_close(1000, ""));
    EXPECT_TRUE(without_code.closed());
    // The clients have not hung up: the server does.
    EXPECT_TRUE(eventually([&] { return server.closed == 2; }));
    EXPECT_EQ(server.server.metric("cellmon_http_websockets"), 0);
}

TEST(WebSocket, ClosesBehindWhatIsQueued) {
    SocketServer server;
    SocketClient client(server);
    client.send(client_frame(Opcode::text, "burst 3") + client_frame(Opcode::text, "close") +
                client_frame(Opcode::text, "not heard"));
    for (const char* text : {"0", "1", "2"})
        EXPECT_EQ(client.hear(), heard_text(text));
    EXPECT_EQ(client.hear(), heard_close(4001, "told"));
    EXPECT_EQ(server.closed, 0U);
    client.send(client_close(4001));
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(eventually([&] { return server.closed == 1; }));
}

TEST(WebSocket, SaysWhatWasWrongAndCloses) {
    ServerLimits limits;
    limits.websocket_message_bytes = 2'000;
    SocketServer server(limits);
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"\x81\x05Hello", heard_close(1002, "frame without a mask")},
        {client_frame(Opcode::binary, "x"), heard_close(1003, "text messages only")},
        {client_frame(Opcode::text, "\xff"), heard_close(1007, "text is not UTF-8")},
        {client_frame(Opcode::text, std::string(2'001, 'x')), heard_close(1009, "message too big")},
        {client_frame(Opcode::text, "throw"), heard_close(1011, "internal error")},
    };
    for (const auto& [bytes, told] : wrong) {
        SocketClient client(server);
        client.send(bytes);
        EXPECT_EQ(client.hear(), told);
        client.send(client_close(1000));
        EXPECT_TRUE(client.closed());
    }
    EXPECT_TRUE(eventually([&] { return server.closed == wrong.size(); }));
    EXPECT_NE(server.server.log_text().find("no luck"), std::string::npos);
}

TEST(WebSocket, EndsWithAClientThatHangsUp) {
    SocketServer server;
    {
        SocketClient gone(server);
        SocketClient half(server);
        ::shutdown(half.socket(), SHUT_WR);
        EXPECT_TRUE(half.closed());
    }
    EXPECT_TRUE(eventually([&] { return server.closed == 2; }));
    EXPECT_TRUE(eventually([&] { return server.server.server->open_connections() == 0; }));
}

TEST(WebSocket, CountsInItsMetrics) {
    SocketServer server;
    SocketClient client(server);
    client.say("one");
    EXPECT_EQ(client.hear(), heard_text("one"));
    const auto metric = [&](const std::string& name) {
        return server.server.metric("cellmon_http_websocket" + name);
    };
    EXPECT_EQ(metric("s"), 1);
    EXPECT_EQ(metric("s_total"), 1);
    EXPECT_EQ(server.server.metric("cellmon_http_connections"), 1);
    EXPECT_EQ(metric("_received_messages_total"), 1);
    EXPECT_EQ(metric("_received_bytes_total"), 9);
    EXPECT_TRUE(eventually([&] { return metric("_sent_messages_total") == 1; }));
    EXPECT_EQ(metric("_sent_bytes_total"), 5);
}

}  // namespace
}  // namespace cellmon::http
