#include "harness/sockets/socket_client.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/sockets/socket_run.hpp"

namespace cellmon::harness {
namespace {

constexpr std::uint16_t kLost = 1006;
constexpr std::uint16_t kNoCode = 1005;

std::uint16_t code_of(std::string_view close_payload) {
    if (close_payload.size() < 2) return kNoCode;
    return static_cast<std::uint16_t>(static_cast<unsigned char>(close_payload[0]) << 8U |
                                      static_cast<unsigned char>(close_payload[1]));
}

}  // namespace

SocketClient::~SocketClient() {
    end();
}

Result<void> SocketClient::open(const SocketTarget& target, const Id128& key) {
    const Endpoint& endpoint = target.endpoint;
    handshake_ = std::make_unique<Handshake>(target, key);
    descriptor_ = socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) return fail(error_from_errno(errno, "socket"));
    const int on = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (figures().role == Role::deaf) {
        // So that the server comes to feel it before the kernel has swallowed megabytes.
        const int bytes = SocketOptions::kDeafReceiveBytes;
        setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    }
    phase_ = Phase::opening;
    const int result = connect(descriptor_, reinterpret_cast<const sockaddr*>(&endpoint.address),
                               endpoint.address_bytes);
    if (result != 0 && errno != EINPROGRESS) lost(error_from_errno(errno, "connect").message);
    return {};
}

void SocketClient::say_hello() {
    greeted_ = true;
    send(handshake_->request());
}

void SocketClient::receive(std::string_view bytes, TimeUs now_us) {
    if (phase_ == Phase::opening) {
        switch (handshake_->feed(bytes)) {
            case Handshake::State::incomplete:
                return;
            case Handshake::State::refused:
                return lost(handshake_->reason());
            case Handshake::State::open:
                break;
        }
        const auto handshake = std::move(handshake_);
        phase_ = Phase::open;
        figures().connected = true;
        if (figures().role == Role::deaf) return fall_silent();
        return receive(handshake->rest(), now_us);
    }
    figures().bytes += bytes.size();
    const auto fault =
        reader_.feed(bytes, [&](const SocketMessage& message) { take(message, now_us); });
    if (fault.empty()) return;
    ++figures().violations;
    lost(fault);
}

void SocketClient::take(const SocketMessage& message, TimeUs now_us) {
    if (phase_ != Phase::open) return;  // Behind a close frame.
    switch (message.kind) {
        case SocketMessage::Kind::text:
            return take_text(message.payload, now_us);
        case SocketMessage::Kind::ping:
            return send(client_frame(SocketMessage::Kind::pong, message.payload));
        case SocketMessage::Kind::pong:
            return;
        case SocketMessage::Kind::close:
            figures().close_code = code_of(message.payload);
            send(client_frame(SocketMessage::Kind::close, message.payload.substr(0, 2)));
            return lost(fmt::format(
                "closed with {} {}", figures().close_code,
                message.payload.substr(std::min<std::size_t>(message.payload.size(), 2))));
    }
}

void SocketClient::take_text(std::string_view text, TimeUs now_us) {
    ClientFigures& mine = figures();
    ++mine.messages;
    ++shared_.total_messages;
    if (shared_.follow_live) {
        const auto message = read_live_message(text);
        const std::uint64_t before = order_.sequence();
        const auto broken = message ? order_.take(*message) : "not a message of the live socket";
        if (!broken.empty()) {
            ++mine.violations;
            complain(message ? fmt::format("{}: {} to {}, behind {}", broken, message->from,
                                           message->sequence, before)
                             : fmt::format("{}: {}", broken, text.substr(0, 160)));
        }
        mine.missed = order_.missed();
        mine.first_missed = order_.first_missed();
        // One that is out of order has come all the same.
        if (message && (message->type == LiveMessage::Type::snapshot ||
                        message->type == LiveMessage::Type::delta)) {
            const bool is_delta = message->type == LiveMessage::Type::delta;
            ++(is_delta ? mine.deltas : mine.snapshots);
            mine.sequence = order_.sequence();
            const auto at = is_delta ? parse_time(message->at) : std::nullopt;
            if (at) shared_.figures.latency.record(now_us - *at);
            if (shared_.samples != nullptr) shared_.samples->add(number_, mine.sequence, now_us);
        }
    }
    reached_ = mine.messages >= shared_.messages && mine.sequence >= shared_.sequence;
}

void SocketClient::send(std::string_view bytes) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return lost(error_from_errno(errno, "send").message);
    // It sends a few bytes now and then; a server that does not even take these is stuck.
    if (sent != static_cast<ssize_t>(bytes.size())) lost("the server takes nothing");
}

void SocketClient::lost(std::string_view why) {
    if (phase_ == Phase::ended) return;
    if (phase_ == Phase::open && figures().close_code == 0) figures().close_code = kLost;
    complain(why);
    end();
}

void SocketClient::complain(std::string_view what) {
    std::string& first = shared_.figures.first_complaint;
    if (first.empty()) first = fmt::format("client {}: {}", number_, what);
}

void SocketClient::reset() {
    const linger at_once{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    end();
}

void SocketClient::fall_silent() {
    silent_ = true;
}

void SocketClient::close() {
    if (phase_ == Phase::open && !silent_) {
        figures().alive = true;
        constexpr std::string_view kNormal("\x03\xe8", 2);
        send(client_frame(SocketMessage::Kind::close, kNormal));
    }
    end();
}

void SocketClient::end() {
    if (phase_ != Phase::ended && figures().missed > 0) {
        complain(fmt::format("a part is missing: what came behind sequence {}, up to {}",
                             figures().first_missed.after, figures().first_missed.until));
    }
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
    phase_ = Phase::ended;
}

}  // namespace cellmon::harness
