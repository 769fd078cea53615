#include "http/worker.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "http/connection.hpp"
#include "http/response_head.hpp"
#include "http/websocket_connection.hpp"

namespace cellmon::http {

namespace {

/// Deadlines are looked at in this rhythm: often enough for the shortest, seldom enough to cost
/// nothing with thousands of connections.
std::chrono::milliseconds tick_interval(const ServerLimits& limits) {
    using std::chrono::milliseconds;
    const auto shortest = std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout,
                                    limits.write_timeout, limits.websocket_ping});
    return std::clamp(shortest / 4, milliseconds(10), milliseconds(500));
}

/// Clients that are looked at to find a silent one: a constant cost, and in a crowd of them enough.
constexpr std::size_t kLookedAt = 64;

/// Nobody is cut off for others before so long: a request is on its way for as long as the network
/// takes.
constexpr std::int64_t kPatience_us = 1'000'000;

/// More free exchanges than this are given back to the allocator.
constexpr std::size_t kFreeExchanges = 64;

}  // namespace

ServerState::ServerState(ServerLimits server_limits, CorsPolicy policy, IoThreads& io,
                         const Router& routes, const Clock& time, telemetry::Log& log)
    : limits(server_limits),
      cors(std::move(policy)),
      any_origin(),
      threads(io),
      router(routes),
      clock(time),
      handler_failed(log, time, telemetry::LogLevel::error),
      websocket_places(server_limits.address_websockets) {}

ServerState::~ServerState() = default;

bool ServerState::reserve(std::size_t bytes) {
    if (body_bytes_.fetch_add(bytes) + bytes <= limits.body_bytes_in_flight) return true;
    body_bytes_ -= bytes;
    return false;
}

void ServerState::release(std::size_t bytes) {
    body_bytes_ -= bytes;
}

bool ServerState::hold_answer(std::size_t bytes) {
    if (answer_bytes_.fetch_add(bytes) + bytes <= limits.answer_bytes_in_flight) return true;
    answer_bytes_ -= bytes;
    return false;
}

void ServerState::release_answer(std::size_t bytes) {
    answer_bytes_ -= bytes;
}

void ServerState::closed() {
    if (--open_ > 0) return;
    const std::scoped_lock lock(mutex_);
    none_open_.notify_all();
}

void ServerState::wait_until_none_is_open(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    none_open_.wait_for(lock, timeout, [this] { return open_ == 0; });
}

Worker::Worker(ServerState& state, unsigned thread)
    : read_buffer(kReadBytes),
      state_(state),
      thread_(thread),
      timer_(std::in_place, state.threads.context(thread)),
      interval_(tick_interval(state.limits)),
      date_(http_date(state.clock.now_us())) {}

Worker::~Worker() = default;

void Worker::adopt(const std::shared_ptr<ServerState>& state, Socket socket,
                   WithoutPlace otherwise) {
    if (otherwise != WithoutPlace::serve && make_room()) otherwise = WithoutPlace::serve;
    if (otherwise == WithoutPlace::drop) {
        --open;
        return state_.closed();
    }
    auto connection = std::make_shared<Connection>(state, *this, std::move(socket));
    connection->index = peers_.size();
    peers_.push_back(connection);
    probe.connections_opened.add(1);
    if (otherwise == WithoutPlace::refuse) {
        probe.connections_refused.add(1);
        connection->refuse();
    } else {
        connection->start();
    }
}

void Worker::give_up(Peer& peer) {
    probe.connections_given_up.add(1);
    const auto kept_until_the_end = peers_.at(peer.index);
    peer.cut_off();
}

bool Worker::make_room() {
    Peer* silent = nullptr;
    std::int64_t since_us = state_.clock.steady_us() - kPatience_us;
    for (std::size_t i = std::min(kLookedAt, peers_.size()); i > 0; --i) {
        looked_at_ = (looked_at_ + 1) % peers_.size();
        Peer& peer = *peers_[looked_at_];
        if (peer.silent_since_us() > since_us) continue;
        silent = &peer;
        since_us = peer.silent_since_us();
    }
    if (silent != nullptr) give_up(*silent);
    return silent != nullptr;
}

bool Worker::make_room_for_answer() {
    Peer* slowest = nullptr;
    std::int64_t since_us = state_.clock.steady_us() - kPatience_us;
    for (const auto& peer : peers_) {
        if (peer->answering_since_us() > since_us) continue;
        slowest = peer.get();
        since_us = peer->answering_since_us();
    }
    if (slowest != nullptr) give_up(*slowest);
    return slowest != nullptr;
}

void Worker::forget(Peer& peer) {
    CELLMON_ASSERT(peers_.at(peer.index).get() == &peer);
    probe.connections_closed.add(1);
    --open;
    peers_.back()->index = peer.index;
    std::swap(peers_[peer.index], peers_.back());
    const auto kept_until_the_end = std::move(peers_.back());
    peers_.pop_back();
    state_.closed();
}

void Worker::replace(const Peer& peer, std::shared_ptr<Peer> by) {
    CELLMON_ASSERT(peers_.at(peer.index).get() == &peer);
    by->index = peer.index;
    peers_[peer.index] = std::move(by);
}

void Worker::flush_soon(std::shared_ptr<WebSocketConnection> socket) {
    to_flush_.push_back(std::move(socket));
    if (to_flush_.size() > 1) return;
    state_.threads.post(thread_, [this, state = alive_] {
        if (const auto alive = state.lock()) flush();
    });
}

void Worker::flush() {
    flushing_.swap(to_flush_);  // A socket that is cut off may let its route write to others.
    for (const auto& socket : flushing_)
        socket->flush();
    flushing_.clear();
}

void Worker::start_ticking(std::weak_ptr<ServerState> state) {
    alive_ = std::move(state);
    ticking_ = true;
    tick();
}

void Worker::stop_ticking() {
    ticking_ = false;
    timer_.reset();
}

void Worker::tick() {
    date_ = http_date(state_.clock.now_us());
    const std::int64_t now_us = state_.clock.steady_us();
    // From the back, because a connection that closes is replaced by the last one.
    for (std::size_t i = peers_.size(); i-- > 0;) {
        const auto peer = peers_[i];
        peer->check_deadline(now_us);
    }
    timer_->expires_after(interval_);
    timer_->async_wait([this, state = alive_](boost::system::error_code error) {
        const auto alive = state.lock();
        if (!error && alive != nullptr && ticking_) tick();
    });
}

void Worker::wind_down() {
    for (std::size_t i = peers_.size(); i-- > 0;) {
        const auto peer = peers_[i];
        peer->wind_down();
    }
}

void Worker::close_all() {
    while (!peers_.empty()) {
        const auto peer = peers_.back();
        peer->cut_off();
    }
    to_flush_.clear();  // They own what owns this.
}

std::unique_ptr<Exchange> Worker::take_exchange() {
    if (exchanges_.empty()) return std::make_unique<Exchange>();
    auto exchange = std::move(exchanges_.back());
    exchanges_.pop_back();
    return exchange;
}

void Worker::give_back(std::unique_ptr<Exchange> exchange) {
    if (exchange == nullptr || exchanges_.size() >= kFreeExchanges) return;
    if (exchange->request.body.capacity() > kReadBytes) std::string().swap(exchange->request.body);
    exchange->request.clear();
    exchange->parser.reset();
    exchange->rejection.reset();
    exchange->handler = nullptr;
    exchange->upgrade = nullptr;
    exchange->header_bytes = 0;
    exchange->body_bytes = 0;
    exchanges_.push_back(std::move(exchange));
}

}  // namespace cellmon::http
