// Goal: no client can hold a WebSocket open in silence, make the server keep what it does not read,
// or delay a stop; what a slow client gets is whole.
// Method: clients that do not read, do not answer, or do not hang up, and a thousand that do.
#include <deque>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "http/test_websocket.hpp"

namespace cellmon::http {
namespace {

using std::chrono::milliseconds;
using testing::Client;
using testing::client_close;
using testing::client_frame;
using testing::eventually;
using testing::get;
using testing::heard_close;
using testing::heard_text;
using testing::SocketClient;
using testing::SocketServer;
using testing::text_frame;

constexpr std::size_t kLargeBytes = 1U << 20U;

/// More than the buffers of two sockets hold.
constexpr std::size_t kManyLarge = 30;

/// Fills the sockets' way to their clients until frames stay in the queue.
void fill(SocketServer& server) {
    const SharedFrame frame = text_frame(std::string(kLargeBytes, 'x'));
    server.on_sockets([&](WebSocket& socket) {
        for (std::size_t i = 0; i < kManyLarge; ++i)
            socket.send(frame);
        EXPECT_EQ(socket.queued_messages(), kManyLarge);
        EXPECT_EQ(socket.queued_bytes(), kManyLarge * frame->size());
    });
    EXPECT_TRUE(eventually([&] {
        bool written = true;
        server.on_sockets([&](WebSocket& socket) {
            written = written && socket.queued_messages() < kManyLarge;
            EXPECT_GT(socket.queued_messages(), 2U);
        });
        return written;
    }));
}

TEST(WebSocketLimits, ASlowReaderGetsWholeFrames) {
    SocketServer server;
    SocketClient client(server);
    fill(server);
    client.send(client_frame(Opcode::ping, "alive"));
    EXPECT_TRUE(eventually(
        [&] { return server.server.metric("cellmon_http_websocket_received_bytes_total") == 11; }));
    std::size_t dropped = 0;
    server.on_sockets([&](WebSocket& socket) {
        const std::size_t before = socket.queued_messages();
        socket.drop_unsent();
        EXPECT_EQ(socket.queued_messages(), 2U);  // One that was begun, and the pong.
        EXPECT_EQ(socket.queued_bytes(), text_frame(std::string(kLargeBytes, 'x'))->size() + 7);
        dropped = before - socket.queued_messages();
        socket.send(text_frame("fresh"));
    });
    EXPECT_GT(dropped, 0U);
    const std::string large = heard_text(std::string(kLargeBytes, 'x'));
    for (std::size_t i = 0; i < kManyLarge - dropped; ++i)
        ASSERT_TRUE(client.hear() == large) << i;
    EXPECT_EQ(client.hear(),
              "\x8a"
              "alive");
    EXPECT_EQ(client.hear(), heard_text("fresh"));
    server.on_sockets([&](WebSocket& socket) {
        EXPECT_EQ(socket.queued_messages(), 0U);
        EXPECT_EQ(socket.queued_bytes(), 0U);
    });
}

TEST(WebSocketLimits, ASlowReaderGetsEverythingThatIsNotDropped) {
    SocketServer server;
    SocketClient client(server);
    fill(server);
    server.on_sockets([](WebSocket& socket) { socket.close(4001, "too slow"); });
    const std::string large = heard_text(std::string(kLargeBytes, 'x'));
    for (std::size_t i = 0; i < kManyLarge; ++i)
        ASSERT_TRUE(client.hear() == large) << i;
    EXPECT_EQ(client.hear(), heard_close(4001, "too slow"));
}

TEST(WebSocketLimits, PingsThatAreNotReadDoNotPileUp) {
    SocketServer server;
    SocketClient client(server);
    fill(server);
    constexpr int kPings = 1'000;
    for (int i = 0; i < kPings; ++i)
        client.send(client_frame(Opcode::ping, std::to_string(1'000 + i)));
    EXPECT_TRUE(eventually([&] {
        return server.server.metric("cellmon_http_websocket_received_bytes_total") == kPings * 10;
    }));
    server.on_sockets([](WebSocket& socket) {
        socket.drop_unsent();
        EXPECT_EQ(socket.queued_messages(), 2U);
    });
    while (client.hear().size() > kLargeBytes) {
    }
    client.say("end");
    EXPECT_EQ(client.hear(), heard_text("end"));
}

TEST(WebSocketLimits, PingsASilentClientAndThenCutsItOff) {
    ServerLimits limits;
    limits.websocket_ping = milliseconds(100);
    SocketServer server(limits);
    SocketClient silent(server);
    SocketClient alive(server);
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(alive.hear(), "\x89");
        alive.send(client_frame(Opcode::pong, ""));
    }
    EXPECT_EQ(silent.hear(), "\x89");
    EXPECT_TRUE(silent.closed());
    EXPECT_EQ(server.server.metric("cellmon_http_timeouts_total"), 1);
    alive.say("here");
    EXPECT_EQ(alive.hear(), heard_text("here"));
}

TEST(WebSocketLimits, CutsOffAClientThatReadsNothing) {
    ServerLimits limits;
    limits.write_timeout = milliseconds(100);
    SocketServer server(limits);
    SocketClient client(server);
    fill(server);
    EXPECT_TRUE(eventually([&] { return server.closed == 1; }));
    EXPECT_EQ(server.server.metric("cellmon_http_timeouts_total"), 1);
}

TEST(WebSocketLimits, CutsOffAClientThatDoesNotAnswerAClose) {
    SocketServer server;
    SocketClient client(server);
    client.say("close");
    EXPECT_EQ(client.hear(), heard_close(4001, "told"));
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(eventually([&] { return server.closed == 1; }));
    EXPECT_EQ(server.server.server->open_connections(), 0U);
}

TEST(WebSocketLimits, CountAsConnections) {
    ServerLimits limits;
    limits.max_connections = 1;
    SocketServer server(limits);
    {
        SocketClient client(server);
        Client second(server.server.port);
        EXPECT_EQ(second.ask(get("/hello/a"))->status, 503);
    }
    EXPECT_TRUE(eventually([&] {
        Client next(server.server.port);
        const auto answer = next.ask(get("/hello/a"));
        return answer && answer->status == 200;
    }));
}

TEST(WebSocketLimits, LeavePlacesToRequests) {
    ServerLimits limits;
    limits.max_connections = 12;
    SocketServer server(limits);
    std::deque<SocketClient> clients;
    for (int i = 0; i < 11; ++i)
        clients.emplace_back(server);
    EXPECT_TRUE(eventually([&] { return server.opened == 11; }));
    Client last(server.server.port);
    const auto refused = last.ask(testing::handshake("/socket"));
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->header("retry-after"), "1");
    EXPECT_EQ(last.ask(get("/hello/a"))->status, 200);
    clients.pop_back();
    EXPECT_TRUE(eventually([&] {
        Client next(server.server.port);
        return next.ask(testing::handshake("/socket"))->status == 101;
    }));
}

TEST(WebSocketLimits, OneAddressLeavesPlacesToOthers) {
    constexpr in_addr_t kOther = INADDR_LOOPBACK + 1;
    ServerLimits limits;
    limits.address_websockets = 2;
    SocketServer server(limits);
    const auto status = [](Client& client) {
        return client.ask(testing::handshake("/socket"), true)->status;
    };
    SocketClient first(server);
    auto second = std::make_unique<SocketClient>(server);
    Client third(server.server.port);
    const auto refused = third.ask(testing::handshake("/socket"));
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->header("retry-after"), "1");
    EXPECT_NE(refused->body.find("http.address_websockets = 2"), std::string::npos);
    EXPECT_EQ(third.ask(get("/hello/a"))->status, 200) << "requests go on";
    Client other(server.server.port, kOther);
    EXPECT_EQ(status(other), 101);
    second.reset();
    EXPECT_TRUE(eventually([&] {
        Client next(server.server.port);
        return status(next) == 101;
    }));
}

TEST(WebSocketLimits, WhatIsNotOpenedTakesNoPlace) {
    ServerLimits limits;
    limits.address_websockets = 1;
    SocketServer server(limits);
    for (const std::string_view target : {"/socket?room=none", "/socket?room=throw"}) {
        Client client(server.server.port);
        EXPECT_GE(client.ask(testing::handshake(target))->status, 422);
    }
    SocketClient client(server);
}

TEST(WebSocketLimits, AStopTellsEachClientAndIsOverWhenAllHaveAnswered) {
    ServerLimits limits;
    limits.stop_timeout = std::chrono::minutes(10);  // Not waited for.
    SocketServer server(limits);
    std::deque<SocketClient> clients;
    for (int i = 0; i < 4; ++i)
        clients.emplace_back(server);
    auto stopped = std::async(std::launch::async, [&] { server.server.server->stop(); });
    for (SocketClient& client : clients) {
        EXPECT_EQ(client.hear(), heard_close(1001, "server stops"));
        client.send(client_close(1001));
        EXPECT_TRUE(client.closed());
    }
    clients.clear();
    stopped.get();
    EXPECT_EQ(server.closed, 4U);
    EXPECT_EQ(server.server.server->open_connections(), 0U);
}

TEST(WebSocketLimits, AStopWaitsNoLongerThanItsTimeForClientsThatDoNotAnswer) {
    ServerLimits limits;
    limits.stop_timeout = milliseconds(0);
    SocketServer server(limits);
    SocketClient reading(server);
    SocketClient stuck(server);
    fill(server);
    const auto begin = std::chrono::steady_clock::now();
    server.server.server->stop();
    // Far less than the time for a closing handshake.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1'500));
    EXPECT_EQ(server.closed, 2U);
}

TEST(WebSocketLimits, AStopGivesUpClientsThatDoNotAnswer) {
    ServerLimits limits;
    limits.stop_timeout = std::chrono::seconds(15);
    SocketServer server(limits);
    SocketClient client(server);
    const auto begin = std::chrono::steady_clock::now();
    server.server.server->stop();
    // The time of a closing handshake, not that of a stop.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_EQ(server.closed, 1U);
}

TEST(WebSocketLimits, AStopWithoutTimeStillTellsTheClients) {
    ServerLimits limits;
    limits.stop_timeout = milliseconds(0);
    SocketServer server(limits);
    SocketClient client(server);
    server.server.server->stop();
    EXPECT_EQ(client.hear(), heard_close(1001, "server stops"));
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(server.closed, 1U);
}

TEST(WebSocketLimits, AStopBehindThatOfTheThreadsClosesToo) {
    SocketServer server;
    SocketClient client(server);
    EXPECT_TRUE(eventually([&] { return server.opened == 1; }));
    server.server.stop_threads();
    server.server.server->stop();
    EXPECT_EQ(server.closed, 1U);
    EXPECT_TRUE(client.closed());
}

TEST(WebSocketLimits, AThousandClientsShareAFrame) {
    constexpr std::size_t kClients = 1'000;
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    SocketServer server;
    std::deque<SocketClient> clients;
    for (std::size_t i = 0; i < kClients; ++i)
        clients.emplace_back(server);
    EXPECT_TRUE(eventually([&] { return server.opened == kClients; }));
    const SharedFrame frame = text_frame("to all");
    for (int round = 0; round < 3; ++round)
        server.on_sockets([&](WebSocket& socket) { socket.send(frame); });
    for (SocketClient& client : clients) {
        for (int round = 0; round < 3; ++round)
            ASSERT_EQ(client.hear(), heard_text("to all"));
    }
    EXPECT_TRUE(eventually([&] { return frame.use_count() == 1; }));
    clients.clear();
    EXPECT_TRUE(eventually([&] { return server.closed == kClients; }));
}

}  // namespace
}  // namespace cellmon::http
