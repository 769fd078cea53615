// Goal: the listener speaks HTTP/1.1 as the contract asks (1.3, 1.4), however the bytes are cut and
// whoever answers, on whatever thread.
// Method: a real server on a free loopback port and plain sockets.
#include "http/server.hpp"

#include <gtest/gtest.h>

#include "http/test_client.hpp"
#include "http/test_gzip.hpp"

namespace cellmon::http {
namespace {

using testing::Client;
using testing::get;
using testing::post;
using testing::TestServer;

TEST(Server, KeepsAConnectionForManyRequests) {
    TestServer server;
    Client client(server.port);
    for (int i = 0; i < 100; ++i) {
        const auto answer = client.ask(post("/echo", "body " + std::to_string(i)));
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->body, "body " + std::to_string(i));
        EXPECT_EQ(answer->header("connection"), "<absent>");
    }
    EXPECT_EQ(server.metric("cellmon_http_connections_total"), 1);
    EXPECT_EQ(server.metric("cellmon_http_requests_total", "2xx"), 100);
    EXPECT_EQ(server.server->body_bytes_in_flight(), 0U);
}

TEST(Server, GivesEveryAnswerTheSameStrictFields) {
    TestServer server;
    Client client(server.port);
    for (const auto& request : {post("/echo", "{}"), get("/nowhere"), get("/forget")}) {
        const auto answer = client.ask(request);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->header("x-content-type-options"), "nosniff");
        EXPECT_EQ(answer->header("x-frame-options"), "SAMEORIGIN");
        EXPECT_EQ(answer->header("referrer-policy"), "no-referrer");
        EXPECT_EQ(answer->header("cache-control"), "no-store");
        EXPECT_EQ(answer->header("content-type"), "application/json");
        EXPECT_EQ(answer->header("access-control-allow-origin"), "<absent>");
        EXPECT_TRUE(answer->header("date").ends_with(" GMT"));
    }
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
    TestServer server;
    Client client(server.port);
    std::string requests;
    for (int i = 0; i < 2'000; ++i)
        requests += post("/echo", std::to_string(i));
    std::thread sender([&] { client.send(requests); });
    for (int i = 0; i < 2'000; ++i) {
        const auto answer = client.receive();
        ASSERT_TRUE(answer) << i;
        EXPECT_EQ(answer->body, std::to_string(i));
    }
    sender.join();
}

TEST(Server, PipelinedRequestsWaitForALateAnswer) {
    TestServer server;
    Client client(server.port);
    client.send(post("/later", "x") + post("/echo", "second") + get("/hello/third"));
    server.shelf.take().send(text_response(201, "first"));
    EXPECT_EQ(client.receive()->body, "first");
    EXPECT_EQ(client.receive()->body, "second");
    EXPECT_EQ(client.receive()->body, "hello third");
}

TEST(Server, ReadsRequestsThatComeByteByByte) {
    TestServer server;
    Client client(server.port);
    const std::string chunked =
        "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
    for (const char byte : post("/echo", "slow") + chunked + get("/hello/a")) {
        client.send(std::string_view(&byte, 1));
        std::this_thread::yield();
    }
    EXPECT_EQ(client.receive()->body, "slow");
    EXPECT_EQ(client.receive()->body, "abc0123456789");
    EXPECT_EQ(client.receive()->body, "hello a");
}

TEST(Server, TakesLargeBodiesInBothDirections) {
    TestServer server;
    Client client(server.port);
    std::string body(5'000'000, '\0');
    for (std::size_t i = 0; i < body.size(); ++i)
        body[i] = static_cast<char>(i * 31 + i / 256);
    std::thread sender([&] { client.send(post("/echo", body) + post("/echo", "after")); });
    const auto answer = client.receive();
    sender.join();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, body);
    EXPECT_EQ(client.receive()->body, "after");
}

TEST(Server, UnpacksGzip) {
    TestServer server;
    Client client(server.port);
    const std::string text(100'000, 'g');
    EXPECT_EQ(client.ask(post("/echo", testing::gzip(text), "Content-Encoding: gzip\r\n"))->body,
              text);
    const auto bad = client.ask(post("/echo", "not gzip", "Content-Encoding: gzip\r\n"));
    EXPECT_EQ(bad->status, 400);
    EXPECT_EQ(bad->body, R"({"detail":"The body is not valid gzip"})");
    const auto other = client.ask(post("/echo", "x", "Content-Encoding: br\r\n"));
    EXPECT_EQ(other->status, 415);
    EXPECT_EQ(client.ask(post("/echo", "plain", "Content-Encoding: identity\r\n"))->body, "plain");
    EXPECT_EQ(server.server->body_bytes_in_flight(), 0U);
}

TEST(Server, HasTheErrorFormsOfTheContract) {
    TestServer server;
    Client client(server.port);
    const auto unknown = client.ask(get("/nowhere"));
    EXPECT_EQ(unknown->status, 404);
    EXPECT_EQ(unknown->body, R"({"detail":"Not Found"})");
    const auto posted = client.ask(post("/nowhere", "with a body"));
    EXPECT_EQ(posted->status, 404);
    const auto method = client.ask("DELETE /echo HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(method->status, 405);
    EXPECT_EQ(method->body, R"({"detail":"Method Not Allowed"})");
    EXPECT_EQ(method->header("allow"), "POST, OPTIONS");
    EXPECT_EQ(client.ask(get("/hello/%zz"))->status, 400);
    EXPECT_EQ(client.ask(get("/hello/a?b=%"))->status, 400);
    EXPECT_EQ(client.ask("OPTIONS /echo HTTP/1.1\r\nHost: t\r\n\r\n")->header("allow"),
              "POST, OPTIONS");
    EXPECT_EQ(client.ask(get("http://anywhere/hello/absolute"))->body, "hello absolute");
}

TEST(Server, ServesHeadFromGet) {
    TestServer server;
    Client client(server.port);
    const auto head = client.ask("HEAD /hello/you HTTP/1.1\r\nHost: t\r\n\r\n", true);
    EXPECT_EQ(head->status, 200);
    EXPECT_EQ(head->header("content-length"), "9");
    EXPECT_EQ(client.ask(get("/hello/you"))->body, "hello you");
}

TEST(Server, AnswersPreflightsForEveryPath) {
    TestServer server;
    Client client(server.port);
    for (const char* path : {"/echo", "/nowhere"}) {
        const auto answer = client.ask("OPTIONS " + std::string(path) +
                                       " HTTP/1.1\r\nHost: t\r\nOrigin: http://lab:8888\r\n"
                                       "Access-Control-Request-Method: POST\r\n"
                                       "Access-Control-Request-Headers: content-type,x-y\r\n\r\n");
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->body, "OK");
        EXPECT_TRUE(answer->header("content-type").starts_with("text/plain"));
        EXPECT_EQ(answer->header("access-control-allow-origin"), "http://lab:8888");
        EXPECT_EQ(answer->header("access-control-allow-credentials"), "true");
        EXPECT_EQ(answer->header("access-control-allow-methods"),
                  "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
        EXPECT_EQ(answer->header("access-control-allow-headers"), "content-type,x-y");
        EXPECT_EQ(answer->header("access-control-max-age"), "600");
        EXPECT_EQ(answer->header("vary"), "Origin");
    }
    const auto ordinary = client.ask(post("/echo", "x", "Origin: http://lab:8888\r\n"));
    EXPECT_EQ(ordinary->header("access-control-allow-origin"), "*");
    const auto failed = client.ask(get("/forget", "Origin: http://lab:8888\r\n"));
    EXPECT_EQ(failed->header("access-control-allow-origin"), "*");
    EXPECT_EQ(client.ask(post("/echo", "x"))->header("access-control-allow-origin"), "<absent>");
}

TEST(Server, AnswersForHandlersThatDoNot) {
    TestServer server;
    Client client(server.port);
    for (const char* path : {"/forget", "/throw"}) {
        const auto answer = client.ask(get(path));
        EXPECT_EQ(answer->status, 500);
        EXPECT_EQ(answer->body, R"({"detail":"Internal Server Error"})");
    }
    EXPECT_TRUE(testing::eventually(
        [&] { return server.log_text().find("A handler threw: no luck") != std::string::npos; }));
}

TEST(Server, TakesAnswersFromOtherThreadsAndAfterTheClientLeft) {
    TestServer server;
    Client client(server.port);
    client.send(post("/later", "x"));
    {
        Client gone(server.port);
        gone.send(post("/later", "y"));
        Responder first = server.shelf.take();
        Responder second = server.shelf.take();
        first.send(unavailable_response("disk full", 5));
        second.send(unavailable_response("disk full", 5));
    }
    const auto answer = client.receive();
    EXPECT_EQ(answer->status, 503);
    EXPECT_EQ(answer->header("retry-after"), "5");
    EXPECT_EQ(answer->body, R"({"detail":"disk full"})");
    EXPECT_TRUE(testing::eventually([&] { return server.server->open_connections() == 1; }));
}

TEST(Server, ClosesWhenTheClientAsks) {
    TestServer server;
    Client client(server.port);
    EXPECT_EQ(client.ask(get("/hello/a", "Connection: close\r\n"))->header("connection"), "close");
    EXPECT_TRUE(client.closed());
    Client old(server.port);
    EXPECT_EQ(old.ask("GET /hello/b HTTP/1.0\r\n\r\n")->body, "hello b");
    EXPECT_TRUE(old.closed());
    Client kept(server.port);
    const std::string request = "GET /hello/c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    EXPECT_EQ(kept.ask(request)->header("connection"), "keep-alive");
    EXPECT_EQ(kept.ask(request)->body, "hello c");
}

TEST(Server, RefusesWhatTwoProgramsCouldReadDifferently) {
    TestServer server;
    const std::string start = "POST /echo HTTP/1.1\r\nHost: t\r\n";
    for (const std::string& request : {
             start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
             start + "Content-Length: -1\r\n\r\n",
             start + "Transfer-Encoding: xchunked\r\n\r\n",
             start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
             start + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
             start + "Host: other\r\n\r\n",
             start + "Bad Name: x\r\n\r\n",
             std::string("POST /echo HTTP/1.1\r\n\r\n"),
             std::string("POST /echo HTTP/2.0\r\n\r\n"),
             std::string("nonsense\r\n\r\n"),
         }) {
        Client client(server.port);
        const auto answer = client.ask(request);
        ASSERT_TRUE(answer) << request;
        EXPECT_GE(answer->status, 400) << request;
        EXPECT_LE(answer->status, 501) << request;
        EXPECT_TRUE(client.closed()) << request;
    }
}

TEST(Server, NamesWhyItCannotListen) {
    TestServer server;
    SystemClock clock;
    Router router;
    IoThreads threads(1);
    Server second({}, {}, {threads, router, clock, server.log});
    EXPECT_EQ(second.listen("127.0.0.1", server.port).error().code, ErrorCode::already_exists);
    EXPECT_EQ(second.listen("no.such.host", 0).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace cellmon::http
