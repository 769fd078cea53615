// The server that the sender's tests speak to; its own test is that every test of the sender relies
// on it.
#include "harness/load/test_server.hpp"

#include <array>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cellmon::harness {
namespace {

bool send_all(int connection, std::string_view bytes) {
    return send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
}

}  // namespace

TestServer::TestServer(std::function<Reply(std::uint64_t)> script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 128), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

TestServer::~TestServer() {
    stop_ = true;
    thread_.join();
    close(listener_);
}

std::unordered_map<std::string, unsigned> TestServer::taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
}

void TestServer::serve() {
    std::map<int, std::string> input;
    while (!stop_) {
        std::vector<pollfd> polled{{listener_, POLLIN, 0}};
        for (const auto& [connection, bytes] : input)
            polled.push_back({connection, POLLIN, 0});
        if (poll(polled.data(), polled.size(), 20) <= 0) continue;
        if (polled[0].revents != 0)
            input.emplace(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), "");
        for (std::size_t i = 1; i < polled.size(); ++i) {
            if (polled[i].revents == 0) continue;
            const int connection = polled[i].fd;
            std::array<char, 65536> block{};
            const auto got = recv(connection, block.data(), block.size(), 0);
            bool keep = got > 0;
            std::string& bytes = input[connection];
            if (keep) bytes.append(block.data(), static_cast<std::size_t>(got));
            for (auto head = bytes.find("\r\n\r\n"); keep && head != std::string::npos;
                 head = bytes.find("\r\n\r\n")) {
                const auto length = bytes.find("Content-Length: ");
                const std::size_t size = length < head ? std::stoul(bytes.substr(length + 16)) : 0;
                if (bytes.size() < head + 4 + size) break;
                const std::string body = bytes.substr(head + 4, size);
                bytes.erase(0, head + 4 + size);
                keep = answer(connection, body);
            }
            if (keep) continue;
            close(connection);
            input.erase(connection);
        }
    }
    for (const auto& [connection, bytes] : input)
        close(connection);
}

bool TestServer::answer(int connection, const std::string& body) {
    const Reply reply = script_(requests_++);
    if (reply == Reply::drop) return false;
    if (reply == Reply::silent) return true;
    if (reply == Reply::no_http) return send_all(connection, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
    std::string status = "202 Accepted";
    std::string answer;
    if (reply == Reply::busy) {
        status = "503 Service Unavailable";
        answer = R"({"detail":"busy"})";
    } else if (reply == Reply::refuse) {
        status = "422 Unprocessable Entity";
        answer = R"({"detail":[]})";
    } else {
        simdjson::dom::parser parser;
        // An event by itself is an array of one.
        if (body.starts_with('[')) ++arrays_;
        const simdjson::dom::array events =
            parser.parse(body.starts_with('[') ? body : "[" + body + "]");
        std::uint64_t duplicates = 0;
        const std::size_t total = events.size() + (reply == Reply::other_count ? 1 : 0);
        bool first = true;
        const std::lock_guard lock(mutex_);
        for (const auto event : events) {
            if (first && reply == Reply::refuse_first) {
                first = false;
                continue;
            }
            first = false;
            duplicates += taken_[std::string(std::string_view(event["eventId"]))]++ > 0 ? 1 : 0;
        }
        if (reply == Reply::store_and_drop) return false;
        answer = fmt::format(
            R"({{"message":"","batch_stats":{{"total_events":{},"duplicates":{},"failed_events":[{}]}}}})",
            total, duplicates, reply == Reply::refuse_first ? R"({"index":0})" : "");
        if (reply == Reply::no_counts) answer = R"({"message":"fine"})";
    }
    const std::string response =
        fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, answer.size(), answer);
    return send_all(connection, response) && reply != Reply::close_after;
}

}  // namespace cellmon::harness
