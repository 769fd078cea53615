// Goal: a guard stands before every route that is added behind it, WebSockets too, may take its
// time, and what it forgets or breaks is answered. Method: raw requests over real sockets.
#include <atomic>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "http/test_client.hpp"
#include "http/test_websocket.hpp"

namespace cellmon::http {
namespace {

using testing::Client;
using testing::eventually;
using testing::get;
using testing::handshake;
using testing::TestServer;

/// A session that only counts.
class Counted final : public WebSocketSession {
  public:
    explicit Counted(std::atomic<int>& opened) : opened_(opened) {}
    void opened(WebSocket&) override { ++opened_; }
    void received(std::string_view) override {}
    void closed() override {}

  private:
    std::atomic<int>& opened_;
};

/// Lets through what has `X-Pass: yes`, from another thread; forgets, or throws, when it is told
/// to.
class GuardTest : public ::testing::Test {
  protected:
    Handler guard(std::string_view pattern, Handler next) {
        patterns_.emplace_back(pattern);
        return [this, next](Request&& request, Responder responder) {
            const std::string word(request.header("x-pass"));
            if (word == "forget") return;
            if (word == "throw") throw std::runtime_error("no luck");
            if (word != "yes") return responder.send(error_response(403, "no"));
            struct Visit {
                Request request;
                Responder responder;
            };
            auto visit = std::make_shared<Visit>(Visit{std::move(request), std::move(responder)});
            visit->request.principal = std::make_shared<const std::string>("somebody");
            const std::lock_guard lock(mutex_);
            threads_.emplace_back([this, visit, next] {
                server_.post(visit->responder.thread(), [visit, next] {
                    next(std::move(visit->request), std::move(visit->responder));
                });
            });
        };
    }
    void TearDown() override {
        server_.server->stop();  // No more guards from here on.
        std::vector<std::jthread> left;
        const std::lock_guard lock(mutex_);
        left.swap(threads_);
    }
    int ask(Client& client, const std::string& request, bool head_only = false) {
        const auto answer = client.ask(request, head_only);
        return answer ? answer->status : 0;
    }

    std::vector<std::string> patterns_;
    std::atomic<int> opened_{0};
    std::mutex mutex_;
    std::vector<std::jthread> threads_;
    TestServer server_{
        {}, {}, [this](Router& router) {
            router.set_guard([this](Method, std::string_view pattern, Handler next) {
                return guard(pattern, std::move(next));
            });
            router.add(Method::get, "/who", [](Request&& request, Responder responder) {
                responder.send(text_response(
                    200, *std::static_pointer_cast<const std::string>(request.principal)));
            });
            router.add_upgrade("/socket/{name}", [this](const Request& request) {
                EXPECT_EQ(request.path_value("name"), "a");
                return UpgradeDecision(std::make_unique<Counted>(opened_));
            });
        }};
};

TEST_F(GuardTest, StandsBeforeWhatIsAddedBehindIt) {
    EXPECT_EQ(patterns_, (std::vector<std::string>{"/who", "/socket/{name}"}));
    Client client(server_.port);
    EXPECT_EQ(client.ask(get("/hello/you"))->status, 200) << "added before";
    EXPECT_EQ(ask(client, get("/who")), 403);
    const auto passed = client.ask(get("/who", "X-Pass: yes\r\n"));
    ASSERT_TRUE(passed);
    EXPECT_EQ(passed->body, "somebody");
    EXPECT_EQ(ask(client, get("/who")), 403) << "nothing is left of who asked before";
    EXPECT_EQ(ask(client, get("/who", "X-Pass: forget\r\n")), 500);
    EXPECT_EQ(ask(client, get("/who", "X-Pass: throw\r\n")), 500);
    EXPECT_EQ(ask(client, get("/who", "X-Pass: yes\r\n")), 200);
}

TEST_F(GuardTest, StandsBeforeWebSockets) {
    Client client(server_.port);
    EXPECT_EQ(ask(client, handshake("/socket/a")), 403);
    EXPECT_EQ(ask(client, handshake("/socket/a", "X-Pass: forget\r\n")), 500);
    EXPECT_EQ(ask(client, handshake("/socket/a", "X-Pass: throw\r\n")), 500);
    EXPECT_EQ(opened_, 0);
    EXPECT_EQ(ask(client, handshake("/socket/a", "X-Pass: yes\r\n"), true), 101);
    EXPECT_TRUE(eventually([&] { return opened_ == 1; }));
}

TEST_F(GuardTest, AClientThatGoesWhileItIsLookedAtLeavesNothing) {
    for (int i = 0; i < 20; ++i) {
        Client client(server_.port);
        ASSERT_TRUE(client.send(handshake("/socket/a", "X-Pass: yes\r\n")));
    }
    EXPECT_TRUE(eventually([&] { return server_.server->open_connections() == 0; }));
}

}  // namespace
}  // namespace cellmon::http
