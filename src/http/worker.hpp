#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.hpp"
#include "http/address_places.hpp"
#include "http/cors.hpp"
#include "http/inflate.hpp"
#include "http/io_threads.hpp"
#include "http/limits.hpp"
#include "http/probe.hpp"
#include "http/router.hpp"
#include "telemetry/log.hpp"
#include "telemetry/say_once.hpp"

namespace cellmon::http {

/// The plain executor instead of the polymorphic one: no virtual call for each operation.
using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

struct Exchange;
class WebSocketConnection;
class Worker;

/// What all connections of a server share. Lives as long as any of them. Internal.
struct ServerState {
    ServerState(ServerLimits server_limits, CorsPolicy policy, IoThreads& io, const Router& routes,
                const Clock& time, telemetry::Log& log);
    ~ServerState();

    const ServerLimits limits;
    const CorsPolicy cors;
    const CorsPolicy any_origin;  ///< For routes that are open to pages of every origin.
    IoThreads& threads;
    const Router& router;
    const Clock& clock;
    telemetry::SayOnce handler_failed;
    AddressPlaces websocket_places;
    std::vector<std::unique_ptr<Worker>> workers;  ///< One for each I/O thread.
    std::atomic<bool> stopping{false};

    /// Counts bytes of bodies against the limit; false when they do not fit.
    bool reserve(std::size_t bytes);
    void release(std::size_t bytes);

    /// Counts bytes of an answer on its way against the limit; false when they do not fit.
    bool hold_answer(std::size_t bytes);
    void hold_answer_anyway(std::size_t bytes) { answer_bytes_ += bytes; }
    void release_answer(std::size_t bytes);
    [[nodiscard]] std::size_t answer_bytes() const { return answer_bytes_; }

    [[nodiscard]] std::size_t body_bytes() const { return body_bytes_; }

    /// Of the places for connections, WebSockets leave one in twelve to requests: they stay for as
    /// long as they like.
    [[nodiscard]] bool has_place_for_websocket() const {
        return websockets_ < limits.max_connections - limits.max_connections / 12;
    }
    void websocket_opened() { ++websockets_; }
    void websocket_closed() { --websockets_; }

    void opened() { ++open_; }
    void closed();
    [[nodiscard]] std::size_t open() const { return open_; }

    /// Waits until no connection is open, for at most `timeout`.
    void wait_until_none_is_open(std::chrono::milliseconds timeout);

  private:
    std::atomic<std::size_t> body_bytes_{0};
    std::atomic<std::size_t> answer_bytes_{0};
    std::atomic<std::size_t> open_{0};
    std::atomic<std::size_t> websockets_{0};
    std::mutex mutex_;
    std::condition_variable none_open_;
};

/// A connection of a worker, in one protocol or the other. Internal.
class Peer {
  public:
    virtual ~Peer() = default;

    /// Called each tick.
    virtual void check_deadline(std::int64_t now_us) = 0;

    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    /// Since when its client has not done what it is waited for; kNever while it is the client that
    /// waits.
    [[nodiscard]] virtual std::int64_t silent_since_us() const { return kNever; }

    /// Since when an answer that counts as held is on its way; kNever without one.
    [[nodiscard]] virtual std::int64_t answering_since_us() const { return kNever; }

    /// The server stops: ends the connection as soon as nobody loses anything by it.
    virtual void wind_down() = 0;

    /// Ends it now.
    virtual void cut_off() = 0;

    std::size_t index = 0;  ///< Place in the worker's list; the worker's.
};

/// The part of the server that belongs to one I/O thread: its connections, their clock, and the
/// buffers that connections need only while they are busy. Used by that thread alone. Internal.
class Worker {
  public:
    Worker(ServerState& state, unsigned thread);
    ~Worker();

    [[nodiscard]] unsigned thread() const { return thread_; }

    /// What becomes of a new connection for which there is no place.
    enum class WithoutPlace : std::uint8_t { serve, refuse, drop };

    /// Serves a new connection. If it is too many, one that is silent makes room for it, or it is
    /// answered 503, or closed.
    void adopt(const std::shared_ptr<ServerState>& state, Socket socket, WithoutPlace otherwise);
    void forget(Peer& peer);

    /// The connection goes on as another one.
    void replace(const Peer& peer, std::shared_ptr<Peer> by);

    /// Cuts off a client that has long been silent; whether there was one. A crowd of those must
    /// not keep out who has something to say.
    bool make_room();

    /// Cuts off the client that is slowest to take its answer; whether there was one.
    bool make_room_for_answer();

    /// Flushes the socket when the work that runs now is done, with all others that ask meanwhile.
    void flush_soon(std::shared_ptr<WebSocketConnection> socket);

    /// Looks after deadlines from now on, until stop_ticking().
    void start_ticking(std::weak_ptr<ServerState> state);
    void
    stop_ticking();  ///< Leaves nothing that belongs to the event loop, so that it may end first.

    void wind_down();
    void close_all();

    std::unique_ptr<Exchange> take_exchange();
    void give_back(std::unique_ptr<Exchange> exchange);

    /// For the Date field, at most one tick old.
    [[nodiscard]] const std::string& date() const { return date_; }

    static constexpr std::size_t kReadBytes = 64U << 10U;
    std::vector<char> read_buffer;  ///< For reading beyond a connection's own few bytes.
    std::string head;               ///< For putting an answer's head together.
    Inflater inflater;
    HttpProbe probe;
    std::atomic<std::size_t> open{0};  ///< Read by the accepting thread, to balance.

  private:
    void tick();
    void flush();
    void give_up(Peer& peer);

    ServerState& state_;
    const unsigned thread_;
    std::vector<std::shared_ptr<Peer>> peers_;
    std::size_t looked_at_ = 0;  ///< Where make_room() goes on.
    std::vector<std::shared_ptr<WebSocketConnection>> to_flush_;
    std::vector<std::shared_ptr<WebSocketConnection>> flushing_;  ///< Keeps its memory.
    std::vector<std::unique_ptr<Exchange>> exchanges_;            ///< Free ones.
    std::optional<boost::asio::steady_timer> timer_;
    std::chrono::milliseconds interval_;
    std::weak_ptr<ServerState> alive_;
    bool ticking_ = false;
    std::string date_;
};

}  // namespace cellmon::http
