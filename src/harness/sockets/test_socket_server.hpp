#pragma once

// A server of WebSockets for the tests of this module, apart from the one that is judged.
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cellmon::harness {

/// The server's side of one connection, blocking.
class TestSocket {
  public:
    explicit TestSocket(int descriptor) : descriptor_(descriptor) {
        // Longer than any wait of a test that passes.
        const timeval patience{20, 0};
        setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    }

    void send(std::string_view bytes) const {
        EXPECT_EQ(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }

    /// A short text message.
    void say(std::string_view text) const {
        send(std::string{'\x81', static_cast<char>(text.size())}.append(text));
    }

    /// What the client sends until it has said `bytes` bytes or is gone. -1: by a reset.
    [[nodiscard]] std::string receive(std::size_t bytes, ssize_t* last = nullptr) const {
        std::string got;
        ssize_t count = 1;
        while (got.size() < bytes && count > 0) {
            char block[4096];
            count = recv(descriptor_, block, sizeof(block), 0);
            if (count > 0) got.append(block, static_cast<std::size_t>(count));
        }
        if (last != nullptr) *last = count;
        return got;
    }

  private:
    int descriptor_;
};

class TestSocketServer {
  public:
    using Script = std::function<void(const TestSocket&, std::size_t number)>;

    /// `script` is run for each connection behind its handshake, on a thread of its own. `accept`:
    /// what the answer is given in place of the right value; empty: the right one.
    explicit TestSocketServer(Script script, std::string accept = "")
        : script_(std::move(script)), accept_(std::move(accept)) {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(listener_, 128), 0);
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }

    ~TestSocketServer() {
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        for (auto& thread : threads_)
            thread.join();
    }

    [[nodiscard]] std::string url() const {
        return "ws://127.0.0.1:" + std::to_string(port_) + "/live?room=a";
    }

  private:
    void accept_all() {
        for (std::size_t number = 0;; ++number) {
            const int connection = accept(listener_, nullptr, nullptr);
            if (connection < 0) return;
            threads_.emplace_back([this, connection, number] {
                serve(TestSocket(connection), number);
                ::close(connection);
            });
        }
    }

    void serve(const TestSocket& socket, std::size_t number) const {
        constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
        std::string request;
        while (request.find("\r\n\r\n") == std::string::npos) {
            const std::string more = socket.receive(1);
            if (more.empty()) return;
            request += more;
        }
        EXPECT_TRUE(request.starts_with("GET /live?room=a HTTP/1.1\r\n")) << request;
        const std::string text = request.substr(request.find(kKey) + kKey.size(), 24) +
                                 "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        unsigned char digest[20];
        EVP_Digest(text.data(), text.size(), digest, nullptr, EVP_sha1(), nullptr);
        unsigned char encoded[29];
        EVP_EncodeBlock(encoded, digest, sizeof(digest));
        const std::string right(encoded, encoded + 28);
        socket.send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "sec-websocket-ACCEPT: " +
            (accept_.empty() ? right : accept_) + "\r\n\r\n");
        script_(socket, number);
    }

    Script script_;
    const std::string accept_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::vector<std::thread> threads_;  // Of the acceptor's thread, until that has ended.
    std::thread acceptor_;
};

}  // namespace cellmon::harness
