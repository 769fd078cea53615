// Goal: the judge sees what a server does wrong, misses nothing that it does right, behaves as its
// roles say, and ends by itself. Method: whole runs against a server in this process that follows a
// script.
#include "harness/sockets/socket_run.hpp"

#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/sockets/test_socket_server.hpp"

namespace cellmon::harness {
namespace {

constexpr std::string_view kSnapshot = R"({"type":"snapshot","epoch":"e","sequence":0,"at":"t"})";

std::string delta_text(std::uint64_t from, std::uint64_t sequence) {
    return fmt::format(R"({{"type":"delta","epoch":"e","from":{},"sequence":{},"at":"t"}})", from,
                       sequence);
}

SocketOptions options(std::size_t clients, std::uint64_t sequence = 0) {
    SocketOptions run;
    run.clients = clients;
    run.sequence = sequence;
    run.follow_live = true;
    run.duration_us = 20'000'000;  // Ends only what does not end by itself.
    return run;
}

std::unique_ptr<SocketFigures> play(const std::string& url, const SocketOptions& run) {
    const SystemClock clock;
    SystemRandom random;
    auto figures = run_sockets(*SocketTarget::parse(url), run,
                               {clock, random, [] { return false; }, [](const auto&) {}});
    EXPECT_TRUE(figures) << figures.error().message;
    return std::move(*figures);
}

void say_all(const TestSocket& socket) {
    socket.say(kSnapshot);
    for (std::uint64_t sequence = 1; sequence <= 20; ++sequence)
        socket.say(delta_text(sequence - 1, sequence));
    (void)socket.receive(1'000);  // Until the client has closed.
}

TEST(SocketRun, CountsWhatComesAndEndsAtTheGoal) {
    const TestSocketServer server([](const TestSocket& socket, std::size_t) { say_all(socket); });
    auto run = options(30, 20);
    run.messages = 21;
    const auto figures = play(server.url(), run);
    EXPECT_TRUE(figures->hold()) << figures->first_complaint;
    EXPECT_LT(figures->seconds, 10);
    EXPECT_GT(figures->reached_at_us, 0);
    for (const ClientFigures& client : figures->clients) {
        EXPECT_TRUE(client.alive);
        EXPECT_EQ(client.messages, 21U);
        EXPECT_EQ(client.snapshots, 1U);
        EXPECT_EQ(client.deltas, 20U);
        EXPECT_EQ(client.sequence, 20U);
        EXPECT_EQ(client.close_code, 0);
    }
}

TEST(SocketRun, AGoalThatIsNotReachedIsAFailure) {
    const TestSocketServer server([](const TestSocket& socket, std::size_t) { say_all(socket); });
    auto run = options(3, 21);
    run.duration_us = 300'000;
    const auto figures = play(server.url(), run);
    EXPECT_FALSE(figures->hold());
    EXPECT_EQ(figures->reached_at_us, 0);
    EXPECT_EQ(totals_of(*figures).alive, 3U);
    run.sequence = 0;
    run.messages = 22;
    EXPECT_FALSE(play(server.url(), run)->hold());
}

TEST(SocketRun, OneMessageThatOneClientMissesIsSeen) {
    const TestSocketServer server([](const TestSocket& socket, std::size_t number) {
        socket.say(kSnapshot);
        socket.say(delta_text(0, 1));
        if (number != 7) socket.say(delta_text(1, 2));
        socket.say(delta_text(2, 3));
        (void)socket.receive(1'000);
    });
    const auto figures = play(server.url(), options(10, 3));
    EXPECT_FALSE(figures->hold());
    const SocketTotals totals = totals_of(*figures);
    EXPECT_EQ(totals.violations, 0U) << "what is missing is not out of order";
    EXPECT_EQ(totals.missed, 1U);
    EXPECT_EQ(totals.deltas_each.least + 1, totals.deltas_each.greatest);
    EXPECT_NE(figures->first_complaint.find("a part is missing"), std::string::npos);
}

TEST(SocketRun, OneMessageThatComesTooLateIsOutOfOrderAndNotMissing) {
    const TestSocketServer server([](const TestSocket& socket, std::size_t number) {
        socket.say(kSnapshot);
        socket.say(delta_text(0, 1));
        const bool late = number == 7;
        socket.say(late ? delta_text(2, 3) : delta_text(1, 2));
        socket.say(late ? delta_text(1, 2) : delta_text(2, 3));
        socket.say(delta_text(3, 4));
        (void)socket.receive(1'000);
    });
    const auto figures = play(server.url(), options(10, 4));
    EXPECT_FALSE(figures->hold());
    const SocketTotals totals = totals_of(*figures);
    EXPECT_EQ(totals.violations, 1U);
    EXPECT_EQ(totals.missed, 0U);
    EXPECT_EQ(totals.deltas_each.least, totals.deltas_each.greatest);
    EXPECT_NE(figures->first_complaint.find("an older delta came later"), std::string::npos);
}

TEST(SocketRun, WhoIsLostIsNotWaitedFor) {
    const TestSocketServer server([](const TestSocket& socket, std::size_t number) {
        socket.say(kSnapshot);
        if (number != 1) socket.say(delta_text(0, 1));
        if (number != 1) (void)socket.receive(1'000);
    });
    auto run = options(3, 1);
    run.duration_us = 20'000'000;
    const auto figures = play(server.url(), run);
    EXPECT_FALSE(figures->hold());
    EXPECT_LT(figures->seconds, 10);
    EXPECT_GT(figures->reached_at_us, 0) << "by those who are there";
    EXPECT_FALSE(figures->goals_reached);
    EXPECT_EQ(totals_of(*figures).alive, 2U);
}

TEST(SocketRun, ALostConnectionIsSeenWithItsCode) {
    const TestSocketServer server([](const TestSocket& socket, std::size_t number) {
        socket.say(kSnapshot);
        if (number == 0) socket.send(std::string("\x88\x02\x0F\xA1", 4));
    });
    const auto figures = play(server.url(), options(2));
    EXPECT_FALSE(figures->hold());
    std::vector<std::uint16_t> codes{figures->clients[0].close_code,
                                     figures->clients[1].close_code};
    std::sort(codes.begin(), codes.end());
    EXPECT_EQ(codes, (std::vector<std::uint16_t>{1006, 4001}));
    EXPECT_EQ(totals_of(*figures).alive, 0U);
}

TEST(SocketRun, ABrokenFrameIsAViolation) {
    const TestSocketServer server([](const TestSocket& socket, std::size_t) {
        socket.send(std::string("\xC1\x00", 2));
        (void)socket.receive(1'000);
    });
    const auto figures = play(server.url(), options(1));
    EXPECT_FALSE(figures->hold());
    EXPECT_EQ(figures->clients[0].violations, 1U);
    EXPECT_NE(figures->first_complaint.find("a reserved bit is set"), std::string::npos);
}

TEST(SocketRun, AnswersPings) {
    std::atomic<int> answered = 0;
    const TestSocketServer server([&](const TestSocket& socket, std::size_t) {
        socket.send(std::string("\x89\x02hi", 4));
        const std::string pong = socket.receive(8);
        answered += pong.size() >= 8 && pong[0] == '\x8A' ? 1 : 0;
        socket.say(kSnapshot);
        socket.say(delta_text(0, 1));
        (void)socket.receive(1'000);
    });
    EXPECT_TRUE(play(server.url(), options(5, 1))->hold());
    EXPECT_EQ(answered, 5);
}

TEST(SocketRun, AWrongAnswerToTheHandshakeIsNoConnection) {
    const TestSocketServer server([](const TestSocket&, std::size_t) {},
                                  "dGhlIHNhbXBsZSBub25jZQ==");
    const auto figures = play(server.url(), options(2));
    EXPECT_FALSE(figures->hold());
    EXPECT_EQ(totals_of(*figures).connected, 0U);
    EXPECT_NE(figures->first_complaint.find("does not answer the key"), std::string::npos);
}

TEST(SocketRun, NobodyThereIsNoConnection) {
    const auto figures = play("ws://127.0.0.1:1/live", options(2));
    EXPECT_FALSE(figures->hold());
    EXPECT_NE(figures->first_complaint.find("refused"), std::string::npos);
}

TEST(SocketRun, TheDeafAndTheVanishingDoAsTheyAreNamed) {
    std::atomic<int> resets = 0;
    std::atomic<int> silent = 0;
    std::optional<TestSocketServer> server;
    server.emplace([&](const TestSocket& socket, std::size_t number) {
        socket.say(kSnapshot);
        if (number >= 3) {
            (void)socket.receive(1'000);
            return;
        }
        ssize_t last = 0;
        if (number == 0) socket.send(std::string("\x89\x00", 2));
        const std::string heard = socket.receive(1'000, &last);
        resets += last < 0 ? 1 : 0;
        silent += heard.empty() ? 1 : 0;
    });
    auto run = options(6);
    run.deaf = 1;
    run.vanish = 2;
    run.duration_us = 500'000;
    const auto figures = play(server->url(), run);
    server.reset();  // Its threads have seen the end of all.
    EXPECT_TRUE(figures->hold()) << figures->first_complaint;
    const SocketTotals totals = totals_of(*figures);
    EXPECT_EQ(totals.listening, 3U);
    EXPECT_EQ(totals.alive, 3U);
    EXPECT_EQ(figures->clients[0].role, Role::deaf);
    EXPECT_EQ(figures->clients[0].messages, 0U);
    EXPECT_NE(figures->clients[1].role, figures->clients[2].role);
    // The deaf one leaves unread bytes behind, which ends it with a reset too.
    EXPECT_GE(resets, 1);
    EXPECT_EQ(silent, 3);
}

TEST(SocketRun, SamplesTellWhoReceivedWhatWhen) {
    const std::string path =
        (std::filesystem::temp_directory_path() / fmt::format("samples-{}", getpid())).string();
    const TestSocketServer server([](const TestSocket& socket, std::size_t) { say_all(socket); });
    auto run = options(2, 20);
    run.samples = path;
    EXPECT_TRUE(play(server.url(), run)->hold());
    std::ifstream file(path);
    std::string line;
    std::size_t lines = 0;
    while (std::getline(file, line)) {
        ++lines;
        EXPECT_TRUE(line.starts_with("{\"client\":")) << line;
        EXPECT_NE(line.find("\"receivedAtUs\":1"), std::string::npos) << line;
    }
    EXPECT_EQ(lines, 42U);
    std::filesystem::remove(path);
}

TEST(SocketOptions, RefusesWhatMakesNoSense) {
    EXPECT_TRUE(options(2).check());
    auto run = options(2);
    run.deaf = 1;
    run.vanish = 1;
    EXPECT_FALSE(run.check());
    run = options(0);
    EXPECT_FALSE(run.check());
    run = options(1, 5);
    run.follow_live = false;
    EXPECT_FALSE(run.check());
    EXPECT_FALSE(SocketTarget::parse("http://127.0.0.1:1/x"));
    EXPECT_FALSE(SocketTarget::parse("ws://127.0.0.1:1"));
    EXPECT_EQ(SocketTarget::parse("ws://127.0.0.1:81/x?y=z")->path, "/x?y=z");
}

}  // namespace
}  // namespace cellmon::harness
