#include "http/server.hpp"

#include <algorithm>
#include <latch>
#include <limits>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/core.h>
#include <sys/resource.h>

#include "base/assert.hpp"
#include "http/connection.hpp"
#include "http/worker.hpp"

namespace cellmon::http {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// Refused connections that may be open at a time to hear their 503; more are just closed.
constexpr std::size_t kRefusedAtOnce = 256;

/// Pause after the system could not give a socket, usually for want of file descriptors.
constexpr std::chrono::milliseconds kAcceptPause{100};

/// File descriptors that connections leave to the rest of the process: a journal that cannot open
/// its next segment must end the server.
constexpr int kReservedDescriptors = 32;

/// Silent clients that each thread cuts off when file descriptors are short.
constexpr int kRoomAtOnce = 16;

/// For connections to notice that they are closed, after the deadline of a stop.
constexpr std::chrono::milliseconds kCloseTimeout{1'000};

ErrorCode code_of(const error_code& error) {
    if (error == boost::asio::error::address_in_use) return ErrorCode::already_exists;
    if (error == boost::asio::error::access_denied) return ErrorCode::permission;
    return ErrorCode::io;
}

int open_files_limit() {
    constexpr rlim_t kMost = std::numeric_limits<int>::max();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return static_cast<int>(kMost);
    return static_cast<int>(std::min(limit.rlim_cur, kMost));
}

Result<boost::asio::ip::address> address_of(const std::string& host) {
    if (host == "localhost") return boost::asio::ip::address_v4::loopback();
    error_code error;
    auto address = boost::asio::ip::make_address(host, error);
    if (error) {
        return fail(ErrorCode::invalid,
                    fmt::format("'{}' is neither a numeric address nor localhost", host));
    }
    return address;
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
  public:
    Impl(ServerLimits limits, CorsPolicy cors, Dependencies dependencies)
        : state(std::make_shared<ServerState>(limits, std::move(cors), dependencies.threads,
                                              dependencies.router, dependencies.clock,
                                              dependencies.log)),
          cannot_accept_(dependencies.log, dependencies.clock),
          acceptor_(std::in_place, dependencies.threads.context(0)),
          pause_(std::in_place, dependencies.threads.context(0)) {
        for (unsigned i = 0; i < state->threads.size(); ++i) {
            state->workers.push_back(std::make_unique<Worker>(*state, i));
        }
    }

    Result<std::uint16_t> listen(const std::string& host, std::uint16_t port) {
        CELLMON_TRY_ASSIGN(const auto address, address_of(host));
        const tcp::endpoint endpoint(address, port);
        error_code error;
        acceptor_->open(endpoint.protocol(), error);
        if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_->bind(endpoint, error);
        if (!error) acceptor_->listen(boost::asio::socket_base::max_listen_connections, error);
        if (error) {
            error_code ignored;
            acceptor_->close(ignored);
            return fail(code_of(error),
                        fmt::format("cannot listen on {}:{}: {}", host, port, error.message()));
        }
        for (auto& worker : state->workers) {
            state->threads.post(worker->thread(), [owner = state, one = worker.get()] {
                if (!owner->stopping) one->start_ticking(owner);
            });
        }
        state->threads.post(0, [self = shared_from_this()] { self->accept(); });
        return acceptor_->local_endpoint().port();
    }

    void stop() {
        if (state->stopping.exchange(true)) return;
        if (state->threads.running()) {
            on_each_thread([](Worker& worker) { worker.wind_down(); });
            state->wait_until_none_is_open(state->limits.stop_timeout);
            on_each_thread([](Worker& worker) {
                worker.stop_ticking();
                worker.close_all();
            });
            state->wait_until_none_is_open(kCloseTimeout);
        } else {
            close_acceptor();
            for (auto& worker : state->workers) {
                worker->stop_ticking();
                worker->close_all();
            }
        }
    }

    const std::shared_ptr<ServerState> state;

  private:
    /// Returns when all have done it, so that nothing of it is left when the threads are stopped.
    void on_each_thread(void (*work)(Worker&)) {
        const auto left =
            std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(state->workers.size()));
        for (auto& worker : state->workers) {
            CELLMON_ASSERT(!state->threads.on_thread(worker->thread()));
            state->threads.post(worker->thread(),
                                [self = shared_from_this(), one = worker.get(), work, left] {
                                    if (one->thread() == 0) self->close_acceptor();
                                    work(*one);
                                    left->count_down();
                                });
        }
        left->wait();
    }

    /// The event loop may end before the last user of this object does.
    void close_acceptor() {
        acceptor_.reset();
        pause_.reset();
    }

    /// For those who come when the pause is over.
    void make_room() {
        for (auto& worker : state->workers) {
            state->threads.post(worker->thread(), [owner = state, one = worker.get()] {
                for (int i = 0; i < kRoomAtOnce && one->make_room(); ++i) {
                }
            });
        }
    }

    Worker& least_busy() {
        Worker* least = state->workers.front().get();
        for (auto& worker : state->workers) {
            if (worker->open < least->open) least = worker.get();
        }
        return *least;
    }

    void accept() {
        if (state->stopping) return;
        Worker& worker = least_busy();
        acceptor_->async_accept(
            state->threads.context(worker.thread()),
            [self = shared_from_this(), &worker](error_code error, Socket socket) {
                self->on_accept(error, std::move(socket), worker);
            });
    }

    void on_accept(error_code error, Socket socket, Worker& worker) {
        if (state->stopping) return;
        // The system gives the lowest free number, so that a high one tells of few that are left.
        if (!error && socket.native_handle() >= descriptors_ - kReservedDescriptors) {
            socket.close(error);
            error = boost::asio::error::no_descriptors;
        }
        if (error) {
            cannot_accept_.say(fmt::format("cannot accept connections: {}", error.message()));
            make_room();
            pause_->expires_after(kAcceptPause);
            pause_->async_wait([self = shared_from_this()](error_code stopped) {
                if (!stopped) self->accept();
            });
            return;
        }
        hand_over(std::move(socket), worker);
        accept();
    }

    void hand_over(Socket socket, Worker& worker) {
        const std::size_t limit = state->limits.max_connections;
        const std::size_t open = state->open();
        state->opened();
        ++worker.open;
        using WithoutPlace = Worker::WithoutPlace;
        const auto otherwise = open < limit                    ? WithoutPlace::serve
                               : open < limit + kRefusedAtOnce ? WithoutPlace::refuse
                                                               : WithoutPlace::drop;
        if (state->threads.on_thread(worker.thread())) {
            worker.adopt(state, std::move(socket), otherwise);
            return;
        }
        state->threads.post(worker.thread(), [owner = state, one = &worker, otherwise,
                                              taken = std::move(socket)]() mutable {
            one->adopt(owner, std::move(taken), otherwise);
        });
    }

    telemetry::SayOnce cannot_accept_;
    int descriptors_ = open_files_limit();
    std::optional<tcp::acceptor> acceptor_;
    std::optional<boost::asio::steady_timer> pause_;
};

Server::Server(ServerLimits limits, CorsPolicy cors, Dependencies dependencies)
    : impl_(std::make_shared<Impl>(limits, std::move(cors), dependencies)) {}

Server::~Server() {
    stop();
}

Result<std::uint16_t> Server::listen(const std::string& host, std::uint16_t port) {
    return impl_->listen(host, port);
}

void Server::stop() {
    impl_->stop();
}

std::size_t Server::open_connections() const {
    return impl_->state->open();
}

std::size_t Server::body_bytes_in_flight() const {
    return impl_->state->body_bytes();
}

std::vector<telemetry::MetricFamily> Server::metrics() const {
    std::vector<const HttpProbe*> probes;
    for (const auto& worker : impl_->state->workers)
        probes.push_back(&worker->probe);
    return metric_families(probes, impl_->state->body_bytes(), impl_->state->answer_bytes());
}

}  // namespace cellmon::http
