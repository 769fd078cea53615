#include "harness/chaos/gate.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <list>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/thread.hpp"

namespace cellmon::harness::chaos {
namespace {

using Time = std::chrono::steady_clock::time_point;
constexpr std::size_t kPiece = 16U << 10U;
constexpr std::chrono::milliseconds kSlice{5};  ///< Of a rate that is bounded.

/// Closing a socket then sends a reset: what is lost on the way is lost, as with a machine that
/// went away.
void reset(int& socket) {
    if (socket < 0) return;
    const linger at_once{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(socket);
    socket = -1;
}

Result<int> listen_on(std::uint16_t port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) return fail(error_from_errno(errno, "socket"));
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    constexpr int kBacklog = 1'024;
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, kBacklog) != 0) {
        const Error error = error_from_errno(errno, fmt::format("listen on port {}", port));
        ::close(listener);
        return fail(error);
    }
    return listener;
}

std::uint16_t port_of(int listener) {
    sockaddr_in address{};
    socklen_t bytes = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &bytes);
    return ntohs(address.sin_port);
}

/// One direction of a connection.
struct Lane {
    struct Piece {
        Time due;
        std::string bytes;
    };
    std::deque<Piece> pieces;
    std::size_t waiting = 0;
    double allowance = 0;  ///< Bytes that may go now, where the rate is bounded.
    Time counted;          ///< Until then the allowance was given.
    bool ended = false;    ///< Its source has said its last.
    bool told = false;     ///< And its target knows.
};

struct Relay {
    int client = -1;
    int server = -1;
    bool connected = false;
    Lane requests;
    Lane answers;
};

}  // namespace

/// The gate's thread.
class Gate::Carrier {
  public:
    Carrier(Gate& gate, int listener, const Endpoint& server)
        : gate_(gate), listener_(listener), server_(server) {}

    void run() {
        while (take_orders()) {
            wait();
            const Time now = std::chrono::steady_clock::now();
            if (listener_ >= 0) accept_all();
            for (Relay& relay : relays_)
                serve(relay, now);
            relays_.remove_if([](const Relay& relay) { return relay.client < 0; });
        }
        reset_all();
        if (listener_ >= 0) ::close(listener_);
    }

  private:
    /// False at the end.
    bool take_orders() {
        const std::lock_guard lock(gate_.mutex_);
        if (gate_.end_) return false;
        if (gate_.asked_ == gate_.answered_) return true;
        kind_ = gate_.kind_;
        slowness_ = gate_.slowness_;
        if (gate_.cut_ || kind_ == Kind::refuse) reset_all();
        if (kind_ == Kind::refuse && listener_ >= 0) {
            ::close(listener_);
            listener_ = -1;
        } else if (kind_ != Kind::refuse && listener_ < 0) {
            listener_ = listen_on(gate_.port_).value_or(-1);
        }
        gate_.listening_ = listener_ >= 0;
        gate_.cut_ = false;
        gate_.answered_ = gate_.asked_;
        gate_.done_.notify_all();
        return true;
    }

    void reset_all() {
        for (Relay& relay : relays_)
            cut(relay);
        relays_.clear();
    }

    static void cut(Relay& relay) {
        reset(relay.client);
        reset(relay.server);
    }

    void wait() {
        polled_.clear();
        polled_.push_back({gate_.wake_, POLLIN, 0});
        if (listener_ >= 0) polled_.push_back({listener_, POLLIN, 0});
        std::chrono::milliseconds patience{1'000};
        if (kind_ != Kind::hang) {
            for (const Relay& relay : relays_)
                add(relay, patience);
        }
        ::poll(polled_.data(), polled_.size(), static_cast<int>(patience.count()));
        std::uint64_t count = 0;
        if ((polled_.front().revents & POLLIN) != 0) {
            [[maybe_unused]] const auto got = ::read(gate_.wake_, &count, sizeof count);
        }
    }

    void add(const Relay& relay, std::chrono::milliseconds& patience) {
        short client = 0;
        short server = 0;
        if (wants_more(relay.requests)) client |= POLLIN;
        if (wants_more(relay.answers) && relay.connected) server |= POLLIN;
        const Time now = std::chrono::steady_clock::now();
        const auto look_at = [&](const Lane& lane, short& events) {
            if (lane.pieces.empty()) return;
            if (lane.pieces.front().due > now) {
                patience = std::min(patience, std::chrono::ceil<std::chrono::milliseconds>(
                                                  lane.pieces.front().due - now));
            } else if (slowness_.bytes_per_s > 0 && kind_ == Kind::slow) {
                patience = std::min(patience, kSlice);
            } else {
                events |= POLLOUT;
            }
        };
        if (relay.connected) {
            look_at(relay.requests, server);
            look_at(relay.answers, client);
        } else {
            server |= POLLOUT;
        }
        // poll() tells of an end even when it was asked for nothing, again and again.
        polled_.push_back({client != 0 ? relay.client : -1, client, 0});
        polled_.push_back({server != 0 ? relay.server : -1, server, 0});
    }

    static bool wants_more(const Lane& lane) { return !lane.ended && lane.waiting < kMaxWaiting; }

    void accept_all() {
        for (;;) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (client < 0) return;
            Relay& relay = relays_.emplace_back();
            relay.client = client;
            relay.server =
                ::socket(server_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            const int yes = 1;
            ::setsockopt(relay.client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            ::setsockopt(relay.server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            if (::connect(relay.server, reinterpret_cast<const sockaddr*>(&server_.address),
                          server_.address_bytes) != 0 &&
                errno != EINPROGRESS) {
                cut(relay);
            }
            const std::lock_guard lock(gate_.mutex_);
            ++gate_.connections_;
        }
    }

    void serve(Relay& relay, Time now) {
        if (kind_ == Kind::hang || relay.client < 0) return;
        if (!relay.connected && !finish_connecting(relay)) return;
        const bool alive = carry(relay.client, relay.server, relay.requests, now) &&
                           carry(relay.server, relay.client, relay.answers, now);
        if (!alive) return cut(relay);
        if (relay.requests.told && relay.answers.told) {
            ::close(relay.client);
            ::close(relay.server);
            relay.client = relay.server = -1;
        }
    }

    static bool finish_connecting(Relay& relay) {
        pollfd ready{relay.server, POLLOUT, 0};
        if (::poll(&ready, 1, 0) != 1) return false;
        int error = 0;
        socklen_t bytes = sizeof error;
        ::getsockopt(relay.server, SOL_SOCKET, SO_ERROR, &error, &bytes);
        relay.connected = error == 0;
        if (!relay.connected) cut(relay);
        return relay.connected;
    }

    /// False when the connection has broken.
    bool carry(int from, int to, Lane& lane, Time now) const {
        return read(from, lane, now) && write(to, lane, now);
    }

    bool read(int from, Lane& lane, Time now) const {
        std::array<char, kPiece> buffer;
        while (wants_more(lane)) {
            const auto got = ::recv(from, buffer.data(), buffer.size(), 0);
            if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
            if (got == 0) {
                lane.ended = true;
                break;
            }
            const auto delay = std::chrono::duration<double, std::milli>(
                kind_ == Kind::slow ? slowness_.latency_ms : 0);
            const auto size = static_cast<std::size_t>(got);
            lane.pieces.push_back(
                {now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(delay),
                 std::string(buffer.data(), size)});
            lane.waiting += size;
        }
        return true;
    }

    bool write(int to, Lane& lane, Time now) const {
        const bool bounded = kind_ == Kind::slow && slowness_.bytes_per_s > 0;
        if (bounded) allow(lane, now);
        while (!lane.pieces.empty() && lane.pieces.front().due <= now) {
            auto& piece = lane.pieces.front();
            std::size_t size = piece.bytes.size();
            if (bounded) size = std::min(size, static_cast<std::size_t>(lane.allowance));
            if (size == 0) return true;
            const auto sent = ::send(to, piece.bytes.data(), size, MSG_NOSIGNAL);
            if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
            const auto gone = static_cast<std::size_t>(sent);
            lane.waiting -= gone;
            lane.allowance -= static_cast<double>(gone);
            if (gone == piece.bytes.size()) {
                lane.pieces.pop_front();
            } else {
                piece.bytes.erase(0, gone);
            }
        }
        if (lane.ended && lane.pieces.empty() && !lane.told) {
            lane.told = true;
            ::shutdown(to, SHUT_WR);
        }
        return true;
    }

    void allow(Lane& lane, Time now) const {
        if (lane.counted == Time{}) lane.counted = now;
        const double passed_s = std::chrono::duration<double>(now - lane.counted).count();
        // What was not used does not add up.
        const double most = std::max(1.0, slowness_.bytes_per_s / 20);
        lane.allowance =
            std::min(most, std::max(0.0, lane.allowance) + passed_s * slowness_.bytes_per_s);
        lane.counted = now;
    }

    Gate& gate_;
    int listener_;
    const Endpoint server_;
    Kind kind_ = Kind::open;
    Slowness slowness_;
    std::list<Relay> relays_;
    std::vector<pollfd> polled_;
};

Result<std::unique_ptr<Gate>> Gate::create(std::uint16_t port, const Endpoint& server) {
    CELLMON_TRY_ASSIGN(const int listener, listen_on(port));
    const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0) {
        const Error error = error_from_errno(errno, "eventfd");
        ::close(listener);
        return fail(error);
    }
    return std::unique_ptr<Gate>(new Gate(listener, port_of(listener), server, wake));
}

Gate::Gate(int listener, std::uint16_t port, const Endpoint& server, int wake)
    : port_(port), wake_(wake), thread_([this, listener, server] {
          set_thread_name("gate");
          Carrier(*this, listener, server).run();
      }) {}

Gate::~Gate() {
    {
        const std::lock_guard lock(mutex_);
        end_ = true;
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    thread_.join();
    ::close(wake_);
}

void Gate::ask(Kind kind, const Slowness& slowness, bool cut) {
    std::unique_lock lock(mutex_);
    kind_ = kind;
    slowness_ = slowness;
    cut_ = cut_ || cut;
    const std::uint64_t mine = ++asked_;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    done_.wait(lock, [&] { return answered_ >= mine; });
}

void Gate::open() {
    ask(Kind::open, {}, false);
}
void Gate::hang() {
    ask(Kind::hang, {}, false);
}
void Gate::slow(const Slowness& slowness) {
    ask(Kind::slow, slowness, false);
}
void Gate::refuse() {
    ask(Kind::refuse, {}, false);
}
void Gate::cut() {
    std::unique_lock lock(mutex_);
    const Kind kind = kind_;
    const Slowness slowness = slowness_;
    lock.unlock();
    ask(kind, slowness, true);
}

std::uint64_t Gate::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
}

bool Gate::is_listening() const {
    const std::lock_guard lock(mutex_);
    return listening_;
}

}  // namespace cellmon::harness::chaos
