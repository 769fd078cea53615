#include "harness/chaos/gate.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/wire/stream.hpp"

namespace cellmon::harness::chaos {
namespace {

using namespace std::chrono_literals;  // NOLINT

/// Sends back what it gets, on one connection after the other.
class Echo {
  public:
    Echo() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t bytes = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), bytes), 0);
        EXPECT_EQ(::listen(listener_, 16), 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &bytes);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~Echo() {
        stop_ = true;
        thread_.join();
        ::close(listener_);
    }
    [[nodiscard]] Endpoint endpoint() const {
        return *Endpoint::parse(fmt::format("http://127.0.0.1:{}", port_));
    }

  private:
    void serve() {
        while (!stop_) {
            pollfd ready{listener_, POLLIN, 0};
            if (::poll(&ready, 1, 20) != 1) continue;
            const int client = ::accept(listener_, nullptr, nullptr);
            std::array<char, 4'096> buffer;
            while (!stop_) {
                pollfd said{client, POLLIN, 0};
                if (::poll(&said, 1, 20) != 1) continue;
                const auto got = ::recv(client, buffer.data(), buffer.size(), 0);
                if (got <= 0) break;
                ::send(client, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
            }
            ::close(client);
        }
    }
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

class GateTest : public ::testing::Test {
  protected:
    GateTest() : gate_(std::move(*Gate::create(0, echo_.endpoint()))) {}

    [[nodiscard]] Result<Stream> connect() const {
        return Stream::connect(*Endpoint::parse(fmt::format("http://127.0.0.1:{}", gate_->port())),
                               {2'000ms, nullptr});
    }
    /// What comes back within the time; nothing when the connection breaks.
    static std::string echo(Stream& stream, const std::string& text,
                            std::chrono::milliseconds patience = 5'000ms) {
        if (!stream.send(text, {2'000ms, nullptr})) return "";
        std::string back;
        while (back.size() < text.size()) {
            const auto piece = stream.receive({patience, nullptr});
            if (!piece || piece->empty()) break;
            back += *piece;
        }
        return back;
    }

    Echo echo_;
    std::unique_ptr<Gate> gate_;
};

TEST_F(GateTest, LetsAllPass) {
    auto stream = connect();
    ASSERT_TRUE(stream.has_value());
    EXPECT_EQ(echo(*stream, "hello"), "hello");
    EXPECT_EQ(echo(*stream, std::string(3'000, 'y')), std::string(3'000, 'y'));
    EXPECT_EQ(gate_->connections(), 1U);
}

TEST_F(GateTest, HangsAndGoesOn) {
    auto stream = connect();
    ASSERT_TRUE(stream.has_value());
    ASSERT_EQ(echo(*stream, "a"), "a");
    gate_->hang();
    EXPECT_EQ(echo(*stream, "b", 150ms), "");
    // Which the gate takes; it must let nothing pass on that occasion.
    auto other = connect();
    ASSERT_TRUE(other.has_value());
    EXPECT_EQ(echo(*stream, "c", 150ms), "");
    gate_->open();
    std::string back;
    while (back.size() < 2) {
        const auto piece = stream->receive({2'000ms, nullptr});
        ASSERT_TRUE(piece && !piece->empty());
        back += *piece;
    }
    EXPECT_EQ(back, "bc");
}

TEST_F(GateTest, RefusesAndTakesItsPortAgain) {
    auto stream = connect();
    ASSERT_EQ(echo(*stream, "a"), "a");
    gate_->refuse();
    EXPECT_FALSE(gate_->is_listening());
    EXPECT_EQ(echo(*stream, "b"), "");
    EXPECT_FALSE(connect().has_value());
    gate_->open();
    auto again = connect();
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(echo(*again, "c"), "c");
}

TEST_F(GateTest, CutsWhatIsConnectedAndNoMore) {
    auto stream = connect();
    ASSERT_EQ(echo(*stream, "a"), "a");
    gate_->cut();
    EXPECT_EQ(echo(*stream, "b"), "");
    auto again = connect();
    EXPECT_EQ(echo(*again, "c"), "c");
}

TEST_F(GateTest, IsSlowByLatencyInEachDirection) {
    auto stream = connect();
    ASSERT_EQ(echo(*stream, "a"), "a");
    gate_->slow({.latency_ms = 60});
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(echo(*stream, "b"), "b");
    EXPECT_GE(std::chrono::steady_clock::now() - began, 120ms);
}

TEST_F(GateTest, IsSlowByBytes) {
    auto stream = connect();
    ASSERT_EQ(echo(*stream, "a"), "a");
    gate_->slow({.bytes_per_s = 10'000});
    const std::string text(3'000, 'z');
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(echo(*stream, text), text);
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_GE(took, 220ms) << "3,000 bytes at 10,000 a second";
    EXPECT_LE(took, 4'000ms);
    gate_->open();
    EXPECT_EQ(echo(*stream, text), text);
}

}  // namespace
}  // namespace cellmon::harness::chaos
