// The limit of a fan-out: the same bytes to the same clients by a loop of blocking writev, on two
// threads with half of the clients each. Uses nothing of src/.
//
//     bench_raw_fanout PORT CLIENTS STEPS PACE_US BATCH
//
// Answers CLIENTS handshakes, sends each a snapshot, then STEPS frames of 300 bytes, BATCH of them
// in one system call (with a PACE_US: each step by itself, so far apart), and ends when all have
// left. Prints `ready`, then JSON; CPU is that of the process from the first step until all have
// left.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kFrameBytes = 300;
constexpr std::size_t kFrameHead = 4;
constexpr std::size_t kFirst = 1'000;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

double cpu_us() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

std::string frame_of(const char* type, std::size_t sequence) {
    std::string text = "{\"type\":\"" + std::string(type) +
                       "\",\"epoch\":\"raw\",\"from\":" + std::to_string(sequence - 1) +
                       ",\"sequence\":" + std::to_string(sequence) +
                       ",\"at\":\"2026-11-25T09:30:00.123456Z\",\"padding\":\"";
    text.resize(kFrameBytes - kFrameHead - 2, 'x');
    text += "\"}";
    const std::size_t size = text.size();
    return std::string{'\x81', 126, static_cast<char>(size >> 8U),
                       static_cast<char>(size & 0xFFU)} +
           text;
}

void send_all(int socket, iovec* parts, std::size_t count) {
    while (count > 0) {
        ssize_t sent = ::writev(socket, parts, static_cast<int>(count));
        if (sent < 0) fail("writev");
        for (; count > 0 && static_cast<std::size_t>(sent) >= parts->iov_len; ++parts, --count)
            sent -= static_cast<ssize_t>(parts->iov_len);
        if (count == 0) return;
        parts->iov_base = static_cast<char*>(parts->iov_base) + sent;
        parts->iov_len -= static_cast<std::size_t>(sent);
    }
}

void send_all(int socket, std::string text) {
    iovec part{text.data(), text.size()};
    send_all(socket, &part, 1);
}

int listen_on(std::uint16_t port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        fail("bind");
    if (::listen(listener, 1'024) != 0) fail("listen");
    return listener;
}

int open_client(int listener) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client < 0) fail("accept");
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) {
        char block[2'048];
        const ssize_t got = ::recv(client, block, sizeof(block), 0);
        if (got <= 0) fail("recv");
        request.append(block, static_cast<std::size_t>(got));
    }
    const std::string name = "Sec-WebSocket-Key: ";
    const std::string text = request.substr(request.find(name) + name.size(), 24) +
                             "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[20];
    EVP_Digest(text.data(), text.size(), digest, nullptr, EVP_sha1(), nullptr);
    unsigned char encoded[29];
    EVP_EncodeBlock(encoded, digest, sizeof(digest));
    send_all(client,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                 std::string(encoded, encoded + 28) + "\r\n\r\n" + frame_of("snapshot", kFirst));
    return client;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) return 2;
    const int listener = listen_on(static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10)));
    const auto clients = std::strtoul(argv[2], nullptr, 10);
    const auto steps = std::strtoul(argv[3], nullptr, 10);
    const std::chrono::microseconds pace(std::strtol(argv[4], nullptr, 10));
    const auto batch = pace.count() > 0 ? 1 : std::strtoul(argv[5], nullptr, 10);
    std::puts("ready");
    std::fflush(stdout);

    std::vector<int> sockets;
    while (sockets.size() < clients)
        sockets.push_back(open_client(listener));
    std::vector<std::string> frames;
    for (std::size_t i = 1; i <= steps; ++i)
        frames.push_back(frame_of("delta", kFirst + i));

    const double cpu_begin = cpu_us();
    const auto first_us = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            std::vector<iovec> parts(batch);
            for (std::size_t from = 0; from < steps; from += batch) {
                if (pace.count() > 0) std::this_thread::sleep_until(begin + pace * (from + 1));
                const std::size_t count = std::min<std::size_t>(batch, steps - from);
                for (std::size_t i = thread; i < clients; i += kThreads) {
                    for (std::size_t k = 0; k < count; ++k)
                        parts[k] = {frames[from + k].data(), frames[from + k].size()};
                    send_all(sockets[i], parts.data(), count);
                }
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    for (const int socket : sockets) {
        char block[256];
        while (::recv(socket, block, sizeof(block), 0) > 0) {
        }
        ::close(socket);
    }
    std::printf(
        "{\"first_us\": %lld, \"last_sequence\": %zu, \"frame_bytes\": %zu, "
        "\"cpu_us_per_delivery\": %.4f}\n",
        static_cast<long long>(first_us.count()), kFirst + steps, kFrameBytes,
        (cpu_us() - cpu_begin) / static_cast<double>(clients * steps));
}
