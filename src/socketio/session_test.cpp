// Goal: a session goes by the protocol: what a client may say when, what it is told, when it counts
// as dead, and what may wait for it. Method: packets and times as calls.
#include "socketio/session.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace cellmon::socketio {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

class SocketIoSession : public ::testing::Test {
  protected:
    Session::Demand take(std::string_view packet) { return session.take(packet, now_us); }

    void join() {
        ASSERT_TRUE(std::holds_alternative<Session::Join>(take("40{}")));
        ASSERT_TRUE(session.admit("socket"));
        static_cast<void>(output());
    }

    std::vector<std::string> output() {
        std::vector<std::string> texts;
        for (const auto& packet : session.take_output())
            texts.push_back(*packet);
        return texts;
    }

    void expect_end(std::string_view packet, std::string_view why) {
        Session other(limits, now_us);
        Session& one = packet.starts_with("!") ? other : session;
        const auto demand = one.take(packet.substr(packet.starts_with("!") ? 1 : 0), now_us);
        const auto* end = std::get_if<Session::End>(&demand);
        ASSERT_NE(end, nullptr) << packet;
        EXPECT_NE(end->reason.find(why), std::string::npos) << packet << ": " << end->reason;
    }

    std::int64_t now_us = 1'000 * kSecond;
    Limits limits{.queue_messages = 4, .queue_bytes = 100};
    Session session{limits, now_us};
};

TEST_F(SocketIoSession, ConnectsWithItsAuth) {
    const auto demand = take("40{\"token\":\"t\"}");
    ASSERT_TRUE(std::holds_alternative<Session::Join>(demand));
    EXPECT_EQ(std::get<Session::Join>(demand).auth, "{\"token\":\"t\"}");
    EXPECT_FALSE(session.joined());
    EXPECT_TRUE(session.admit("abc"));
    EXPECT_FALSE(session.admit("abc")) << "once";
    EXPECT_TRUE(session.joined());
    EXPECT_EQ(output(), std::vector<std::string>{R"(40{"sid":"abc"})"});
}

TEST_F(SocketIoSession, CallsEvents) {
    join();
    const auto demand = take("427[\"said\",{\"a\":1}]");
    ASSERT_TRUE(std::holds_alternative<Session::Call>(demand));
    const auto& call = std::get<Session::Call>(demand);
    EXPECT_EQ(call.event.name, "said");
    EXPECT_EQ(call.event.argument, "{\"a\":1}");
    EXPECT_EQ(call.ack, 7U);
    EXPECT_TRUE(std::holds_alternative<Session::Nothing>(take("431[]"))) << "an ack of nothing";
    EXPECT_TRUE(std::holds_alternative<Session::Nothing>(take("6")));
}

TEST_F(SocketIoSession, EndsWithWhatIsWrong) {
    for (const auto* packet : {"!", "!7", "!hello", "!\x1e"})
        expect_end(packet, "no packet of Engine.IO");
    for (const auto* packet : {"!0", "!2", "!2probe", "!5", "!44"})
        expect_end(packet, "none of a client's");
    for (const auto* packet : {"!4", "!4abc", "!45[]", "!4299999999999999999999[\"a\"]"})
        expect_end(packet, "no packet of Socket.IO");
    for (const auto* packet : {"!42[\"a\"]", "!41", "!431[]", "!42/admin,[\"a\"]"})
        expect_end(packet, "not connected");
    for (const auto* packet : {"!40[]", "!40abc", "!40{", "!40/admin,[]"})
        expect_end(packet, "auth is no object");
    expect_end("!bAQID", "binary");
    expect_end("!451-[\"a\",{\"_placeholder\":true,\"num\":0}]", "binary");
    join();
    for (const auto* packet : {"42", "42{}", "42[]", "42[1]", "42[\"a\"", "42\"a\""})
        expect_end(packet, "begins with its name");
    expect_end("40", "connected already");
    expect_end("42/admin,[\"a\"]", "not connected");
    expect_end("1", "");
}

TEST_F(SocketIoSession, TellsWhoSendsBinaryPackets) {
    join();
    expect_end("bAQID", "binary");
    EXPECT_EQ(output(),
              (std::vector<std::string>{
                  R"(42["error",{"message":"Binary packets are not taken here"}])", "41"}));
}

TEST_F(SocketIoSession, RefusesOtherNamespacesAndTooManyTries) {
    EXPECT_TRUE(std::holds_alternative<Session::Nothing>(take("40/admin,")));
    EXPECT_EQ(output(), std::vector<std::string>{R"(44/admin,{"message":"Invalid namespace"})"});
    for (unsigned tries = 1; tries < limits.refusals; ++tries) {
        ASSERT_TRUE(std::holds_alternative<Session::Join>(take("40"))) << tries;
        const auto end = session.refuse("no");
        EXPECT_EQ(end.has_value(), tries + 1 == limits.refusals) << tries;
        EXPECT_EQ(output(), std::vector<std::string>{R"(44{"message":"no"})"});
    }
}

TEST_F(SocketIoSession, LeavesAndComesBack) {
    join();
    EXPECT_TRUE(std::holds_alternative<Session::Leave>(take("41")));
    EXPECT_FALSE(session.asked());
    now_us += 44 * kSecond;
    static_cast<void>(session.tick(now_us));
    static_cast<void>(take("3"));
    EXPECT_FALSE(session.tick(now_us));
    join();
    now_us += 2 * kSecond;
    EXPECT_FALSE(session.tick(now_us)) << "who is in stays in";
}

TEST_F(SocketIoSession, IsPingedAndDiesWithoutAnAnswer) {
    join();
    now_us += 24 * kSecond;
    EXPECT_FALSE(session.tick(now_us));
    EXPECT_FALSE(session.has_output());
    now_us += kSecond;
    EXPECT_FALSE(session.tick(now_us));
    EXPECT_EQ(output(), std::vector<std::string>{"2"});
    now_us += 19 * kSecond;
    EXPECT_FALSE(session.tick(now_us));
    EXPECT_FALSE(session.has_output()) << "one ping at a time";
    static_cast<void>(take("3"));
    now_us += 25 * kSecond;
    EXPECT_FALSE(session.tick(now_us));
    now_us += 20 * kSecond;
    const auto end = session.tick(now_us);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->reason, "ping timeout");
}

TEST_F(SocketIoSession, EndsWhenNobodyConnects) {
    now_us += 30 * kSecond;
    EXPECT_FALSE(session.tick(now_us));
    static_cast<void>(take("3"));
    now_us += 15 * kSecond;
    const auto end = session.tick(now_us);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->reason, "nobody connected");
}

TEST_F(SocketIoSession, HoldsSoManyPacketsAndNoMore) {
    for (std::size_t count = 0; count < limits.queue_messages; ++count)
        session.queue("4");
    EXPECT_FALSE(session.too_slow());
    session.queue("4");
    EXPECT_TRUE(session.too_slow());
    EXPECT_FALSE(session.has_output()) << "what waited holds no memory";
}

TEST_F(SocketIoSession, HoldsSoManyBytesAndNoMore) {
    session.queue(std::string(limits.queue_bytes * 10, 'x'));
    EXPECT_FALSE(session.too_slow()) << "a large one goes to who keeps up";
    session.queue("4");
    EXPECT_TRUE(session.too_slow());
}

}  // namespace
}  // namespace cellmon::socketio
