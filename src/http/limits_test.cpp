// Goal: each limit of the listener has an answer of its own, and the server goes on after it.
// Method: servers with small limits, and clients that go beyond them.
#include <algorithm>
#include <cerrno>
#include <deque>

#include <gtest/gtest.h>

#include "http/test_client.hpp"
#include "http/test_gzip.hpp"

namespace cellmon::http {
namespace {

using std::chrono::milliseconds;
using testing::Client;
using testing::eventually;
using testing::get;
using testing::post;
using testing::TestServer;

ServerLimits small_bodies() {
    ServerLimits limits;
    limits.body_bytes = 1'000;
    limits.inflated_bytes = 5'000;
    return limits;
}

TEST(Limits, RefusesALargeBodyByItsDeclaredLength) {
    TestServer server(small_bodies());
    Client client(server.port);
    EXPECT_EQ(client.ask(post("/echo", std::string(1'000, 'a')))->status, 200);
    const auto answer =
        client.ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100000000\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 413);
    EXPECT_EQ(answer->body, R"({"detail":"The body is larger than http.body_bytes = 1000 bytes"})");
    EXPECT_TRUE(client.closed());
    Client next(server.port);
    EXPECT_EQ(next.ask(post("/echo", std::string(1'001, 'a')))->status, 413);
    EXPECT_EQ(next.ask(post("/echo", "goes on"))->body, "goes on");
}

TEST(Limits, ALargeBodyUnderWayStillHearsTheAnswer) {
    TestServer server(small_bodies());
    Client client(server.port);
    std::thread sender([&] { client.send(post("/echo", std::string(3'000'000, 'a'))); });
    const auto answer = client.receive();
    sender.join();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 413);
}

TEST(Limits, RefusesALargeChunkedBody) {
    TestServer server(small_bodies());
    Client client(server.port);
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 10; ++i)
        client.send("65\r\n" + std::string(101, 'c') + "\r\n");
    const auto answer = client.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 413);
    EXPECT_TRUE(client.closed());
}

TEST(Limits, RefusesAGzipBomb) {
    TestServer server(small_bodies());
    Client client(server.port);
    const std::string fields = "Content-Encoding: gzip\r\n";
    EXPECT_EQ(client.ask(post("/echo", testing::gzip(std::string(5'000, '\0')), fields))->status,
              200);
    const auto answer =
        client.ask(post("/echo", testing::gzip(std::string(500'000, '\0')), fields));
    EXPECT_EQ(answer->status, 413);
    EXPECT_NE(answer->body.find("http.inflated_bytes = 5000"), std::string::npos);
    EXPECT_EQ(client.ask(post("/echo", "goes on"))->body, "goes on");
    EXPECT_EQ(server.server->body_bytes_in_flight(), 0U);
}

TEST(Limits, DecidesBeforeAClientThatAsksSendsItsBody) {
    TestServer server(small_bodies());
    Client client(server.port);
    const std::string start = "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n";
    EXPECT_EQ(client.ask(start + "Content-Length: 4\r\n\r\n")->status, 100);
    EXPECT_EQ(client.ask("body")->body, "body");
    EXPECT_EQ(client.ask(start + "Content-Length: 4000\r\n\r\n")->status, 413);
    EXPECT_TRUE(client.closed());
}

TEST(Limits, AnswersA503WhenTooManyBodyBytesAreInFlight) {
    ServerLimits limits;
    limits.body_bytes_in_flight = 100'000;
    TestServer server(limits);
    Client holder(server.port);
    holder.send(post("/later", std::string(90'000, 'h')));
    Responder held = server.shelf.take();
    EXPECT_GE(server.server->body_bytes_in_flight(), 90'000U);

    Client client(server.port);
    const auto refused = client.ask(post("/echo", std::string(20'000, 'x')));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->header("retry-after"), "1");
    EXPECT_NE(refused->body.find("http.body_bytes_in_flight = 100000"), std::string::npos);
    const std::string packed = testing::gzip(std::string(50'000, '\0'));
    EXPECT_EQ(client.ask(post("/echo", packed, "Content-Encoding: gzip\r\n"))->status, 503);
    EXPECT_EQ(server.metric("cellmon_http_bodies_refused_total"), 2);

    held.send(json_response(200, "{}"));
    EXPECT_EQ(holder.receive()->status, 200);
    EXPECT_EQ(client.ask(post("/echo", std::string(20'000, 'x')))->status, 200);
    EXPECT_EQ(server.server->body_bytes_in_flight(), 0U);
}

TEST(Limits, RefusesALongHeader) {
    ServerLimits limits;
    limits.header_bytes = 1'000;
    TestServer server(limits);
    Client whole(server.port);
    EXPECT_EQ(whole.ask(get("/hello/a", "X: " + std::string(2'000, 'x') + "\r\n"))->status, 431);
    // In small complete fields, which the parser takes one by one.
    Client pieces(server.port);
    pieces.send("GET /hello/a HTTP/1.1\r\nHost: t\r\n");
    for (int i = 0; i < 200; ++i)
        pieces.send("Field: value\r\n");
    EXPECT_EQ(pieces.receive()->status, 431);
    EXPECT_TRUE(pieces.closed());
}

TEST(Limits, BoundsChunkExtensionsAndTrailers) {
    ServerLimits limits;
    limits.header_bytes = 1'000;
    TestServer server(limits);
    const std::string start =
        "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char* part : {"1;", "0\r\nTrailer: "}) {
        Client client(server.port);
        client.send(start + part + std::string(100'000, 'x'));
        const auto answer = client.receive();
        ASSERT_TRUE(answer) << part;
        EXPECT_EQ(answer->status, 400) << part;
    }
}

TEST(Limits, GivesUpSlowClients) {
    ServerLimits limits;
    limits.header_timeout = milliseconds(60);
    limits.body_timeout = milliseconds(60);
    limits.idle_timeout = milliseconds(60);
    limits.write_timeout = milliseconds(60);
    TestServer server(limits);
    Client idle(server.port);
    EXPECT_TRUE(idle.closed());

    Client header(server.port);
    const auto slow_header = header.ask("GET /hello/a HTTP/1.1\r\nHos");
    ASSERT_TRUE(slow_header);
    EXPECT_EQ(slow_header->status, 408);
    EXPECT_TRUE(header.closed());

    Client body(server.port);
    const auto slow_body = body.ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nx");
    ASSERT_TRUE(slow_body);
    EXPECT_EQ(slow_body->status, 408);
    EXPECT_TRUE(body.closed());
    EXPECT_EQ(server.metric("cellmon_http_timeouts_total"), 2);
    EXPECT_TRUE(eventually([&] { return server.server->open_connections() == 0; }));
}

TEST(Limits, AHandlerMayTakeLongerThanAnyTimeoutOfTheWire) {
    ServerLimits limits;
    limits.header_timeout = milliseconds(40);
    limits.body_timeout = milliseconds(40);
    limits.idle_timeout = milliseconds(40);
    TestServer server(limits);
    Client client(server.port);
    client.send(post("/later", "x"));
    Responder responder = server.shelf.take();
    // Another connection's idle close shows that more than the timeouts has gone by.
    Client other(server.port);
    EXPECT_TRUE(other.closed());
    responder.send(json_response(200, "{}"));
    EXPECT_EQ(client.receive()->status, 200);
}

TEST(Limits, GivesUpAClientThatDoesNotRead) {
    ServerLimits limits;
    limits.write_timeout = milliseconds(60);
    TestServer server(limits);
    Client client(server.port);
    const int small = 4096;
    setsockopt(client.socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    client.send(get("/large") + get("/large") + get("/large"));
    EXPECT_TRUE(eventually([&] { return server.metric("cellmon_http_timeouts_total") == 1; }));
    EXPECT_TRUE(eventually([&] { return server.server->open_connections() == 0; }));
}

TEST(Limits, SendsLargeAnswersToSlowReaders) {
    TestServer server;
    Client client(server.port);
    client.send(get("/large") + get("/large") + post("/echo", "end"));
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(client.receive()->body, std::string(4U << 20U, 'x'));
    EXPECT_EQ(client.receive()->body, "end");
}

TEST(Limits, RefusesConnectionsBeyondTheirNumber) {
    ServerLimits limits;
    limits.max_connections = 3;
    TestServer server(limits);
    std::deque<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(server.port);
        ASSERT_EQ(clients.back().ask(get("/hello/a"))->status, 200);
    }
    Client fourth(server.port);
    const auto refused = fourth.ask(get("/hello/a"));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->header("retry-after"), "1");
    EXPECT_TRUE(fourth.closed());
    EXPECT_EQ(clients.front().ask(get("/hello/a"))->status, 200);
    EXPECT_EQ(server.metric("cellmon_http_connections_refused_total"), 1);
    clients.pop_front();
    EXPECT_TRUE(eventually([&] {
        Client next(server.port);
        const auto answer = next.ask(get("/hello/a"));
        return answer && answer->status == 200;
    }));
}

TEST(Limits, SilentClientsMakeRoomForNewcomers) {
    ServerLimits limits;
    limits.max_connections = 4;
    TestServer server(limits);
    std::deque<Client> silent;
    for (const auto& begun :
         {std::string(), std::string("GET /hello/a HT"), post("/echo", "abc").substr(0, 55)}) {
        silent.emplace_back(server.port);
        ASSERT_TRUE(silent.back().send(begun));
    }
    silent.emplace_back(server.port);
    ASSERT_EQ(silent.back().ask(get("/hello/a"))->status, 200);
    // In the first second nobody is cut off for others; those who come then find a place.
    EXPECT_TRUE(eventually([&] {
        Client newcomer(server.port);
        const auto answer = newcomer.ask(get("/hello/a"));
        return answer && answer->status == 200;
    }));
    // A handler's time is not the client's silence: these take one place after the other.
    std::deque<Client> busy;
    const auto is_cut_off = [](const Client& client) {
        char byte = 0;
        const ssize_t got = ::recv(client.socket(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return got == 0 || (got < 0 && errno != EAGAIN);
    };
    EXPECT_TRUE(eventually([&] {
        busy.emplace_back(server.port);
        busy.back().send(post("/later", "x"));
        return std::all_of(silent.begin(), silent.end(), is_cut_off);
    }));
    EXPECT_GE(server.metric("cellmon_http_connections_given_up_total"), 4);
    EXPECT_FALSE(is_cut_off(busy.front()));
}

TEST(Limits, SlowReadersMakeRoomForAnswers) {
    ServerLimits limits;
    limits.answer_bytes_in_flight = 10U << 20U;
    TestServer server(limits);
    std::deque<Client> slow;
    for (int i = 0; i < 2; ++i) {
        slow.emplace_back(server.port);
        const int small = 4096;
        setsockopt(slow.back().socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        slow.back().send(get("/large") + get("/large"));
    }
    EXPECT_TRUE(eventually(
        [&] { return server.metric("cellmon_http_answer_bytes_in_flight") == 8U << 20U; }));
    Client reader(server.port);
    const auto refused = reader.ask(get("/large"));
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->header("retry-after"), "1");
    EXPECT_NE(refused->body.find("http.answer_bytes_in_flight = 10485760"), std::string::npos);
    EXPECT_EQ(reader.ask(get("/hello/a"))->status, 200);  // Small answers do not count.
    // What was done is said: 503 would mean that it was not.
    EXPECT_EQ(reader.ask(post("/echo", std::string(3U << 20U, 'x')))->status, 200);
    EXPECT_EQ(server.metric("cellmon_http_answers_refused_total"), 1);
    EXPECT_TRUE(eventually([&] { return reader.ask(get("/large"))->status == 200; }));
    EXPECT_GE(server.metric("cellmon_http_connections_given_up_total"), 1);
    slow.clear();
    EXPECT_TRUE(
        eventually([&] { return server.metric("cellmon_http_answer_bytes_in_flight") == 0; }));
}

}  // namespace
}  // namespace cellmon::http
