// Goal: a stop loses no request in flight, waits no longer than its deadline, and leaves Responders
// that outlive the server harmless.
// Method: stops while a test holds the answer back.
#include <future>

#include <gtest/gtest.h>

#include "http/test_client.hpp"

namespace cellmon::http {
namespace {

using testing::Client;
using testing::get;
using testing::post;
using testing::TestServer;

TEST(Stop, ClosesIdleConnectionsAndFinishesTheRest) {
    TestServer server;
    Client idle(server.port);
    ASSERT_EQ(idle.ask(get("/hello/a"))->status, 200);
    Client busy(server.port);
    busy.send(post("/later", "x"));
    Responder responder = server.shelf.take();
    auto stopped = std::async(std::launch::async, [&] { server.server->stop(); });
    EXPECT_TRUE(idle.closed());
    EXPECT_FALSE(Client(server.port).ask(get("/hello/a")));
    responder.send(json_response(202, "{}"));
    const auto answer = busy.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 202);
    EXPECT_EQ(answer->header("connection"), "close");
    EXPECT_TRUE(busy.closed());
    stopped.get();
    EXPECT_EQ(server.server->open_connections(), 0U);
}

TEST(Stop, ClosesAtTheDeadlineWhatIsStillInFlight) {
    ServerLimits limits;
    limits.stop_timeout = std::chrono::milliseconds(50);
    TestServer server(limits);
    Client client(server.port);
    client.send(post("/later", "x"));
    Responder responder = server.shelf.take();
    server.server->stop();
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(server.server->open_connections(), 0U);
    EXPECT_EQ(server.server->body_bytes_in_flight(), 0U);
    responder.send(json_response(202, "{}"));
}

TEST(Stop, AResponderMayOutliveTheServer) {
    SystemClock clock;
    telemetry::Log log({telemetry::LogLevel::off, telemetry::LogFormat::text});
    Router router;
    testing::Shelf shelf;
    router.add(Method::post, "/later",
               [&](Request&&, Responder responder) { shelf.put(std::move(responder)); });
    IoThreads threads(1);
    ServerLimits limits;
    limits.stop_timeout = std::chrono::milliseconds(0);
    auto server = std::make_unique<Server>(limits, CorsPolicy{},
                                           Server::Dependencies{threads, router, clock, log});
    const auto port = server->listen("localhost", 0).value();
    threads.start();
    Client client(port);
    client.send(post("/later", "x"));
    {
        Responder responder = shelf.take();
        server.reset();
        threads.stop();
        threads.join();
        responder.send(json_response(200, "{}"));
    }
    EXPECT_TRUE(client.closed());
}

TEST(Stop, WorksBeforeTheThreadsRun) {
    SystemClock clock;
    telemetry::Log log({telemetry::LogLevel::off, telemetry::LogFormat::text});
    Router router;
    IoThreads threads(2);
    Server server({}, {}, {threads, router, clock, log});
    ASSERT_TRUE(server.listen("127.0.0.1", 0));
    server.stop();
    server.stop();
}

TEST(IoThreads, RunsPostedWorkOnItsThread) {
    IoThreads threads(2);
    threads.start();
    std::promise<bool> right;
    EXPECT_FALSE(threads.on_thread(1));
    threads.post(1, [&, owned = std::make_unique<int>(1)] {
        right.set_value(threads.on_thread(1) && !threads.on_thread(0) && *owned == 1);
    });
    EXPECT_TRUE(right.get_future().get());
}

}  // namespace
}  // namespace cellmon::http
