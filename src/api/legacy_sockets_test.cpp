// Goal: the dashboard's socket says what the contract says and nothing more; each push reaches all
// connections as the same bytes; who does not keep up is closed and disturbs nobody; connections
// may end at any time. Method: sockets in memory on real I/O threads, pictures made by hand.

#include "api/legacy_sockets.hpp"

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "api/legacy_testing.hpp"
#include "http/websocket_frame.hpp"

namespace cellmon::api {
namespace {

using namespace std::chrono_literals;

/// Keeps what is sent as if a client took none of it.
class MemorySocket final : public http::WebSocket {
  public:
    explicit MemorySocket(unsigned thread) : thread_(thread) {}
    void send(http::SharedFrame frame) override {
        if (close_code != 0) return;
        frames.push_back(std::move(frame));
        ++count;
        count.notify_all();
    }
    [[nodiscard]] std::size_t queued_bytes() const override {
        std::size_t bytes = 0;
        for (const auto& frame : frames)
            bytes += frame->size();
        return bytes;
    }
    [[nodiscard]] std::size_t queued_messages() const override { return frames.size(); }
    void drop_unsent() override { frames.clear(); }
    void close(std::uint16_t code, std::string_view) override { close_code = code; }
    [[nodiscard]] unsigned thread() const override { return thread_; }

    std::vector<http::SharedFrame> frames;
    std::atomic<std::size_t> count = 0;
    std::atomic<unsigned> close_code = 0;  // 0: open.

  private:
    const unsigned thread_;
};

std::string frame_of(std::string_view json) {
    std::string frame;
    http::append_frame(frame, http::Opcode::text, json);
    return frame;
}

class LegacySocketsTest : public ::testing::Test {
  protected:
    LegacySocketsTest() { threads_.start(); }
    ~LegacySocketsTest() override {
        for (unsigned thread = 0; thread < threads_.size(); ++thread)
            on(thread, [&] { clients_[thread].clear(); });
        threads_.stop();
        threads_.join();
    }

    struct Client {
        explicit Client(unsigned thread) : socket(thread) {}
        ~Client() {
            if (session) session->closed();
        }
        MemorySocket socket;
        std::unique_ptr<http::WebSocketSession> session;
    };

    /// Runs `work` on the I/O thread and waits for it.
    template <typename Work>
    void on(unsigned thread, Work work) {
        std::promise<void> done;
        threads_.post(thread, [&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }
    Client& connect(unsigned thread, live::SightSource sight = {}) {
        auto made = std::make_unique<Client>(thread);
        Client& client = *made;
        on(thread, [&] {
            client.session = std::get<std::unique_ptr<http::WebSocketSession>>(
                sockets_->accept(std::move(sight)));
            client.session->opened(client.socket);
            clients_[thread].push_back(std::move(made));
        });
        return client;
    }
    void say(Client& client, std::string_view text) {
        on(client.socket.thread(), [&] { client.session->received(text); });
    }
    /// All that was sent to the client so far.
    std::string sent(Client& client) {
        std::string bytes;
        on(client.socket.thread(), [&] {
            for (const auto& frame : client.socket.frames)
                bytes += *frame;
        });
        return bytes;
    }
    void change(const std::string& email, bool asks, const std::string& class_code = "") {
        live::StudentView view;
        view.email = email;
        view.class_code = class_code;
        view.asks_help = asks;
        sockets_->pictured(class_.change(std::move(view)));
    }

    SystemClock clock_;
    http::IoThreads threads_{2};
    std::unique_ptr<LegacySockets> sockets_ = std::make_unique<LegacySockets>(
        LegacySockets::Options{.queue_bytes = 4096}, threads_, clock_);
    std::array<std::vector<std::unique_ptr<Client>>, 2> clients_;
    testing::ChangingClass class_;
};

TEST_F(LegacySocketsTest, AnswersPingsWhateverElseIsSaid) {
    Client& client = connect(0);
    EXPECT_EQ(sent(client), "");
    const std::string pong = frame_of(R"({"type":"pong"})");
    say(client, R"({"type":"ping"})");
    EXPECT_EQ(sent(client), pong);
    for (const char* other : {"hello", "[1,2]", "7", "\"ping\"", "null", "{}", R"({"type":7})",
                              R"({"type":"subscribe"})", "", "{\"type\":\"ping\""}) {
        say(client, other);
        EXPECT_EQ(sent(client), pong) << other;
    }
    say(client, R"({"type":"ping","x":[1]})");
    EXPECT_EQ(sent(client), pong + pong);
    say(client, R"({"type":"refresh_request"})");
    EXPECT_NE(sent(client).find(R"({"type":"refresh_required","message":")"), std::string::npos);
    EXPECT_EQ(client.socket.close_code, 0U);
}

TEST_F(LegacySocketsTest, PushesTheSameBytesToAllConnections) {
    Client& one = connect(0);
    Client& two = connect(0);
    Client& three = connect(1);
    change("a@x", true);
    for (Client* client : {&one, &two, &three})
        client->socket.count.wait(0);
    const auto first = [&](Client& client) {
        http::SharedFrame frame;
        on(client.socket.thread(), [&] { frame = client.socket.frames.at(0); });
        return frame;
    };
    EXPECT_EQ(first(one), first(two));
    EXPECT_EQ(first(one), first(three));
    EXPECT_NE(first(one)->find(R"("type":"help_request")"), std::string::npos);
    EXPECT_NE(first(one)->find(R"("type":"progress_update")"), std::string::npos);
}

TEST_F(LegacySocketsTest, TellsEachOfWhomTheyMaySee) {
    const auto made = std::make_shared<const live::ClassCodes>(live::ClassCodes{"C1", "C2"});
    const auto first = std::make_shared<live::Sight>(1, live::Sight::Rows{{"C1"}, made, {}});
    const auto second = std::make_shared<live::Sight>(2, live::Sight::Rows{{"C2"}, made, {}});
    std::atomic<bool> has_moved = false;
    Client& all = connect(0);
    Client& one = connect(0, [&] { return first; });
    Client& twin = connect(1, [&] { return first; });
    Client& moves = connect(1, [&] { return has_moved ? second : first; });
    change("a@x", true, "C1");
    for (Client* client : {&all, &one, &twin, &moves})
        client->socket.count.wait(0);
    has_moved = true;
    change("b@x", true, "C2");
    moves.socket.count.wait(1);
    all.socket.count.wait(1);
    EXPECT_NE(sent(one).find("a@x"), std::string::npos);
    EXPECT_NE(sent(moves).find("b@x"), std::string::npos);
    EXPECT_EQ(sent(one).find("b@x"), std::string::npos);
    EXPECT_EQ(sent(one).substr(0, 200), sent(twin).substr(0, 200));
    http::SharedFrame frames[2];
    on(0, [&] { frames[0] = one.socket.frames.at(0); });
    on(1, [&] { frames[1] = twin.socket.frames.at(0); });
    EXPECT_EQ(frames[0], frames[1]) << "written once for both";
}

TEST_F(LegacySocketsTest, ClosesWhoDoesNotKeepUpAndNobodyElse) {
    Client& slow = connect(0);
    Client& other = connect(0);
    on(0, [&] { slow.socket.frames.push_back(std::make_shared<const std::string>(5'000, 'x')); });
    change("a@x", true);
    other.socket.count.wait(0);
    on(0, [] {});  // The push is over for all connections of the thread.
    EXPECT_EQ(slow.socket.close_code, 4001U);
    EXPECT_EQ(slow.socket.count, 0U);
    EXPECT_EQ(other.socket.close_code, 0U);
}

TEST_F(LegacySocketsTest, ForgetsWhoIsGoneAndMayEndBeforeTheLast) {
    connect(0);
    Client& stays = connect(1);
    EXPECT_EQ(sockets_->connections().size(), 2U);
    on(0, [&] { clients_[0].clear(); });
    const auto connections = sockets_->connections();
    ASSERT_EQ(connections.size(), 1U);
    EXPECT_EQ(connections[0].number, 2U);
    change("a@x", true);
    stays.socket.count.wait(0);
    sockets_.reset();
    say(stays, R"({"type":"ping"})");
    EXPECT_NE(sent(stays).find(R"({"type":"pong"})"), std::string::npos);
}

}  // namespace
}  // namespace cellmon::api
