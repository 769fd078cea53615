// Goal: every way in and out of a session: polling, WebSockets, the way from the one to the other,
// and that nothing which one client does or leaves undone ends another's. Method: requests, sockets
// and tasks in memory; an application that lets in whoever has the right token, and says again to
// all what it hears.
#include "socketio/hub.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace cellmon::socketio {
namespace {

using Texts = std::vector<std::string>;

class TestClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return now; }
    [[nodiscard]] std::int64_t steady_us() const override { return now; }
    std::int64_t now = 1'000 * kSecondUs;
};

struct Answer final : http::ResponseSink {
    void respond(http::Response&& response) override { given.push_back(std::move(response)); }
    [[nodiscard]] unsigned thread() const override { return 0; }
    [[nodiscard]] unsigned status() const { return given.empty() ? 0 : given.front().status; }
    [[nodiscard]] Texts packets() const {
        Texts texts;
        if (given.empty()) return texts;
        for (const auto packet : split_payload(http::view_of(given.front().body)))
            texts.emplace_back(packet);
        return texts;
    }
    std::vector<http::Response> given;
};

class TestSocket final : public http::WebSocket {
  public:
    void send(http::SharedFrame frame) override {
        if (close_code == 0) frames.push_back(std::move(frame));
    }
    [[nodiscard]] std::size_t queued_bytes() const override { return stuck_bytes; }
    [[nodiscard]] std::size_t queued_messages() const override { return 0; }
    void drop_unsent() override { frames.clear(); }
    void close(std::uint16_t code, std::string_view why) override {
        if (close_code == 0) close_code = code, reason = why;
    }
    [[nodiscard]] unsigned thread() const override { return 1; }

    Texts take() {
        Texts texts;
        for (const auto& frame : frames) {
            const auto length = static_cast<unsigned char>((*frame)[1]);
            texts.push_back(frame->substr(length == 127 ? 10 : length == 126 ? 4 : 2));
        }
        frames.clear();
        return texts;
    }

    std::vector<http::SharedFrame> frames;
    std::size_t stuck_bytes = 0;
    std::uint16_t close_code = 0;
    std::string reason;
};

class SocketIoHub : public ::testing::Test, protected Application {
  protected:
    void joining(const std::string& session, Session::Join join, const std::string&) override {
        ++inside;
        if (join.auth == "{\"token\":\"good\"}") {
            EXPECT_TRUE(hub.admit(session));
        } else {
            hub.refuse(session, "no");
        }
    }
    void called(const std::string& session, Session::Call call) override {
        const std::string packet = event_packet(call.event.name, call.event.argument);
        call.ack ? hub.tell_others(session, packet) : hub.tell_all(packet);
    }
    void left(const std::string&) override { --inside; }

    static http::Request request(std::string_view transport, const std::string& sid = {}) {
        http::Request made;
        made.query = {{"EIO", "4"}, {"transport", std::string(transport)}};
        if (!sid.empty()) made.query.push_back({"sid", sid});
        made.remote_address = "10.0.0.1";
        return made;
    }
    static http::Request request_from(const std::string& address, std::string_view transport) {
        auto made = request(transport);
        made.remote_address = address;
        return made;
    }

    void run() {
        while (!tasks.empty()) {
            auto task = std::move(tasks.front());
            tasks.pop_front();
            task();
        }
    }

    std::shared_ptr<Answer> get(const http::Request& asked) {
        auto answer = std::make_shared<Answer>();
        hub.get(asked, http::Responder(answer));
        run();
        return answer;
    }
    std::shared_ptr<Answer> poll(const std::string& sid) { return get(request("polling", sid)); }
    std::shared_ptr<Answer> post(const std::string& sid, std::string body) {
        auto asked = request("polling", sid);
        asked.method = http::Method::post;
        asked.body = std::move(body);
        auto answer = std::make_shared<Answer>();
        hub.post(asked, http::Responder(answer));
        run();
        return answer;
    }

    static std::string sid_of(const std::string& packet) {
        const auto at = packet.find("\"sid\":\"") + 7;
        return packet.substr(at, packet.find('"', at) - at);
    }
    std::string open() {
        const auto answer = get(request("polling"));
        EXPECT_EQ(answer->status(), 200U);
        return sid_of(answer->packets().front());
    }
    std::string join() {
        std::string sid = open();
        EXPECT_EQ(post(sid, "40{\"token\":\"good\"}")->status(), 200U);
        EXPECT_EQ(poll(sid)->packets().front().substr(0, 2), "40");
        return sid;
    }

    /// A client of a WebSocket.
    struct Client {
        std::unique_ptr<http::WebSocketSession> session;
        TestSocket socket;
    };
    std::unique_ptr<Client> connect(const std::string& sid = {}) {
        return connect(request("websocket", sid));
    }
    std::unique_ptr<Client> connect(const http::Request& asked) {
        auto decision = hub.accept(asked);
        if (std::holds_alternative<http::Response>(decision)) return nullptr;
        auto client = std::make_unique<Client>();
        client->session = std::move(std::get<0>(decision));
        client->session->opened(client->socket);
        run();
        return client;
    }
    void say(Client& client, std::string_view text) {
        client.session->received(text);
        run();
    }
    void hang_up(Client& client) {
        client.session->closed();
        run();
    }
    std::unique_ptr<Client> joined() {
        auto client = connect();
        say(*client, "40{\"token\":\"good\"}");
        EXPECT_EQ(client->socket.take().size(), 2U);
        return client;
    }
    void pass(std::int64_t seconds) {
        clock.now += seconds * kSecondUs;
        hub.tick();
        run();
    }

    TestClock clock;
    SystemRandom random;
    std::deque<http::Task> tasks;
    int inside = 0;
    Hub hub{{.sessions = 6, .address_sessions = 5, .queue_messages = 8, .queue_bytes = 1'000},
            {*this, clock, random,
             [this](unsigned, http::Task task) { tasks.push_back(std::move(task)); }}};
};

TEST_F(SocketIoHub, RequestsThatAreNone) {
    const auto refused = [&](const http::Request& asked, std::string_view code) {
        const auto answer = get(asked);
        EXPECT_EQ(answer->status(), 400U);
        const auto body = answer->packets().front();
        EXPECT_TRUE(body.starts_with("{\"code\":" + std::string(code))) << body;
    };
    refused({}, "0");
    refused(request("carrier pigeon"), "0");
    refused(request("websocket"), "3");
    refused(request("polling", "nobody"), "1");
    auto old = request("polling");
    old.query.front().value = "3";
    refused(old, "5");
    auto head = request("polling");
    head.method = http::Method::head;
    refused(head, "2");
    EXPECT_EQ(post("", "4")->status(), 400U);
    EXPECT_EQ(post("nobody", "4")->status(), 400U);
    EXPECT_EQ(post(open(), std::string(70'000, 'x'))->status(), 413U);
    EXPECT_EQ(connect("nobody"), nullptr);
}

TEST_F(SocketIoHub, PollsWaitForSomethingToSay) {
    const auto one = join();
    const auto other = join();
    const auto waits = poll(other);
    EXPECT_TRUE(waits->given.empty());
    EXPECT_EQ(post(one, "421[\"said\",{\"a\":1}]")->packets(), Texts{"ok"});
    EXPECT_EQ(waits->packets(), Texts{R"(42["said",{"a":1}])"});
    EXPECT_TRUE(poll(one)->given.empty()) << "not to who said it";
    post(other,
         "42[\"b\"]\x1e"
         "42[\"c\"]");
    EXPECT_EQ(poll(other)->packets(), (Texts{"42[\"b\",]", "42[\"c\",]"}));
}

TEST_F(SocketIoHub, RefusesWhoMayNot) {
    const auto sid = open();
    post(sid, "40{\"token\":\"bad\"}");
    EXPECT_EQ(poll(sid)->packets(), Texts{R"(44{"message":"no"})"});
    EXPECT_EQ(inside, 0);
    const auto waits = poll(sid);
    const auto one = join();
    post(one, "42[\"said\",1]");
    EXPECT_TRUE(waits->given.empty()) << "who is not in hears nothing";
}

TEST_F(SocketIoHub, TwoPollsAtOnceEndTheSession) {
    const auto sid = join();
    const auto first = poll(sid);
    EXPECT_EQ(poll(sid)->status(), 400U);
    EXPECT_EQ(first->packets(), Texts{"1"});
    EXPECT_EQ(poll(sid)->status(), 400U);
    EXPECT_EQ(inside, 0);
}

TEST_F(SocketIoHub, AWebSocketOfItsOwn) {
    auto one = connect();
    const auto greeting = one->socket.take();
    ASSERT_EQ(greeting.size(), 1U);
    EXPECT_NE(greeting.front().find("\"upgrades\":[]"), std::string::npos);
    say(*one, "40{\"token\":\"good\"}");
    EXPECT_EQ(one->socket.take().front().substr(0, 2), "40");
    auto other = joined();
    say(*other, "42[\"hey\",1]");
    EXPECT_EQ(one->socket.take(), Texts{"42[\"hey\",1]"});
    EXPECT_EQ(other->socket.take(), Texts{"42[\"hey\",1]"});
    hang_up(*one);
    EXPECT_EQ(inside, 1);
    EXPECT_EQ(hub.sessions(), 1U);
    EXPECT_EQ(poll(sid_of(greeting.front()))->status(), 400U);
}

TEST_F(SocketIoHub, FaultsEndOneSessionAlone) {
    auto staying = joined();
    const auto polling = join();
    const auto waits = poll(polling);
    for (const std::string_view fault :
         {"", "9", "hello", "2", "5", "4x", "42{}", "40", "44", "451-[\"a\"]", "bAQID", "\x1e"}) {
        auto one = joined();
        say(*one, fault);
        EXPECT_EQ(one->socket.close_code, http::kProtocolError) << fault;
        EXPECT_FALSE(one->socket.reason.empty()) << fault;
        hang_up(*one);
        if (fault.starts_with("45") || fault.starts_with('b')) continue;  // See below.
        const auto sid = join();
        EXPECT_EQ(post(sid, std::string(fault))->status(), 400U) << fault;
        EXPECT_EQ(poll(sid)->status(), 400U) << fault;
    }
    EXPECT_EQ(post(join(), "42[\"\xff\"]")->status(), 400U);
    EXPECT_EQ(hub.sessions(), 2U);
    EXPECT_EQ(inside, 2);
    EXPECT_EQ(staying->socket.close_code, 0);
    EXPECT_TRUE(waits->given.empty());
}

TEST_F(SocketIoHub, WhoPollsIsToldOfBinaryPackets) {
    const auto sid = join();
    const auto waits = poll(sid);
    EXPECT_EQ(post(sid,
                   "451-[\"a\"]\x1e"
                   "bAQID")
                  ->packets(),
              Texts{"ok"});
    EXPECT_EQ(waits->packets().size(), 2U);
    EXPECT_EQ(waits->packets().back(), "41");
    EXPECT_EQ(hub.sessions(), 0U);
}

TEST_F(SocketIoHub, WhoDoesNotPollNowIsToldByTheNextPoll) {
    const auto binary = join();
    EXPECT_EQ(post(binary, "bAQID")->packets(), Texts{"ok"});
    EXPECT_EQ(post(binary, "42[\"a\",1]")->status(), 400U);
    const auto away = join();
    hub.disconnect(away);
    EXPECT_EQ(inside, 0);
    auto talks = joined();
    say(*talks, "42[\"a\",1]");
    EXPECT_EQ(poll(binary)->packets().size(), 2U);
    EXPECT_EQ(poll(away)->packets(), Texts{"41"});
    EXPECT_EQ(hub.sessions(), 1U);
    EXPECT_EQ(inside, 1);
    hub.disconnect(join());
    pass(25);
    say(*talks, "3");
    pass(21);
    EXPECT_EQ(hub.sessions(), 1U) << "who never polls again is dead";
}

TEST_F(SocketIoHub, GoodByeIsNoFault) {
    const auto sid = join();
    EXPECT_EQ(post(sid,
                   "41\x1e"
                   "1")
                  ->packets(),
              Texts{"ok"});
    auto one = joined();
    say(*one, "1");
    EXPECT_EQ(one->socket.close_code, http::kNormalClosure);
    EXPECT_EQ(hub.sessions(), 0U);
    EXPECT_EQ(inside, 0);
}

TEST_F(SocketIoHub, PollingGoesOnToAWebSocket) {
    const auto sid = join();
    const auto waits = poll(sid);
    auto one = connect(sid);
    EXPECT_TRUE(waits->given.empty());
    EXPECT_EQ(connect(sid), nullptr) << "one at a time";
    say(*one, "2probe");
    EXPECT_EQ(one->socket.take(), Texts{"3probe"});
    EXPECT_EQ(waits->packets(), Texts{"6"});
    EXPECT_EQ(poll(sid)->packets(), Texts{"6"}) << "polls do not wait any more";
    post(sid, "42[\"before\",1]");
    say(*one, "5");
    EXPECT_EQ(one->socket.take(), Texts{"42[\"before\",1]"}) << "nothing is lost on the way";
    EXPECT_EQ(poll(sid)->status(), 400U);
    EXPECT_EQ(post(sid, "2")->status(), 400U);
    EXPECT_EQ(connect(sid), nullptr);
    say(*one, "42[\"behind\",1]");
    EXPECT_EQ(one->socket.take(), Texts{"42[\"behind\",1]"});
    EXPECT_EQ(inside, 1);
    hang_up(*one);
    EXPECT_EQ(hub.sessions(), 0U);
}

TEST_F(SocketIoHub, AProbeThatFailsLeavesPolling) {
    const auto sid = join();
    for (const std::string_view text : {"5", "4hello", "2"}) {
        auto one = connect(sid);
        say(*one, text);
        EXPECT_EQ(one->socket.close_code, http::kNormalClosure) << text;
        hang_up(*one);
    }
    auto gone = connect(sid);
    say(*gone, "2probe");
    hang_up(*gone);
    auto silent = connect(sid);
    pass(11);
    EXPECT_EQ(silent->socket.close_code, http::kNormalClosure);
    const auto waits = poll(sid);
    EXPECT_TRUE(waits->given.empty());
    post(sid, "42[\"a\",1]");
    EXPECT_EQ(waits->packets(), Texts{"42[\"a\",1]"});
}

TEST_F(SocketIoHub, ClientsThatDoNotTakeAreClosed) {
    auto deaf = joined();
    const auto away = join();
    auto talks = joined();
    deaf->socket.stuck_bytes = 2'000;
    for (int count = 0; count < 20; ++count)
        say(*talks, "42[\"a\",1]");
    EXPECT_EQ(deaf->socket.close_code, 4001);
    EXPECT_EQ(poll(away)->status(), 400U) << "it did not poll";
    EXPECT_EQ(talks->socket.take().size(), 20U);
    EXPECT_EQ(hub.sessions(), 1U);
    EXPECT_EQ(inside, 1);
}

TEST_F(SocketIoHub, DeadClientsAreFound) {
    auto dead = joined();
    auto alive = joined();
    const auto gone = join();
    const auto polls = join();
    const auto waits = poll(polls);
    pass(25);
    EXPECT_EQ(waits->packets(), Texts{"2"});
    post(polls, "3");
    EXPECT_EQ(alive->socket.take(), Texts{"2"});
    say(*alive, "3");
    pass(20);
    EXPECT_EQ(dead->socket.close_code, http::kNormalClosure);
    EXPECT_EQ(dead->socket.reason, "ping timeout");
    EXPECT_EQ(poll(gone)->status(), 400U);
    EXPECT_EQ(alive->socket.close_code, 0);
    EXPECT_TRUE(poll(polls)->given.empty());
    EXPECT_EQ(inside, 2);
}

TEST_F(SocketIoHub, ThereIsRoomForSoMany) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int count = 0; count < 5; ++count)
        clients.push_back(connect());
    clients.push_back(connect(request_from("10.0.0.2", "websocket")));
    EXPECT_EQ(connect(request_from("10.0.0.3", "websocket")), nullptr);
    const auto refused = get(request_from("10.0.0.3", "polling"));
    EXPECT_EQ(refused->status(), 503U);
    EXPECT_EQ(refused->given.front().headers.front().first, "Retry-After");
    hang_up(*clients.front());
    EXPECT_EQ(get(request("polling"))->status(), 200U);
    pass(46);
    EXPECT_EQ(hub.sessions(), 0U) << "who does not say who they are has no place for long";
}

TEST_F(SocketIoHub, OneAddressLeavesRoomToOthers) {
    const auto polls = open();
    std::vector<std::unique_ptr<Client>> clients;
    for (int count = 1; count < 5; ++count)
        clients.push_back(connect());
    EXPECT_EQ(connect(), nullptr);
    EXPECT_EQ(get(request("polling"))->status(), 503U);
    clients.push_back(connect(polls));
    EXPECT_NE(clients.back(), nullptr) << "a session that is there goes on over a WebSocket";
    clients.push_back(connect(request_from("10.0.0.2", "websocket")));
    EXPECT_NE(clients.back(), nullptr);
    EXPECT_EQ(hub.sessions(), 6U);
    hang_up(*clients.front());
    clients.push_back(connect());
    EXPECT_NE(clients.back(), nullptr);
}

TEST_F(SocketIoHub, DisconnectsAndStops) {
    const auto sid = join();
    const auto waits = poll(sid);
    hub.disconnect(sid);
    EXPECT_EQ(waits->packets(), Texts{"41"});
    EXPECT_FALSE(hub.admit(sid));
    auto one = joined();
    auto probing = join();
    auto probe = connect(probing);
    const auto held = poll(probing);
    hub.stop();
    run();
    EXPECT_EQ(held->packets(), Texts{"1"});
    EXPECT_EQ(one->socket.close_code, http::kGoingAway);
    EXPECT_NE(probe->socket.close_code, 0);
    EXPECT_EQ(get(request("polling"))->status(), 503U);
    EXPECT_EQ(connect(), nullptr);
    EXPECT_EQ(inside, 0);
}

}  // namespace
}  // namespace cellmon::socketio
