#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "http/cors.hpp"
#include "http/io_threads.hpp"
#include "http/limits.hpp"
#include "http/router.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::http {

/// An HTTP/1.1 listener. Handlers run on the I/O threads.
///
/// Order of life: IoThreads, Router, Server, listen(), IoThreads::start() … stop(),
/// IoThreads::stop(), ~Server, ~IoThreads. The router must not change after listen().
class Server {
  public:
    struct Dependencies {
        IoThreads& threads;
        const Router& router;
        const Clock& clock;
        telemetry::Log& log;
    };

    Server(ServerLimits limits, CorsPolicy cors, Dependencies dependencies);

    /// Calls stop() when it was not called.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds and begins to accept. `host` is a numeric address or `localhost`; port 0 takes any
    /// free one. The port in use. Errors: already_exists (the port is taken), permission, invalid,
    /// io.
    Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

    /// Accepts nothing more, closes idle connections, tells WebSockets that the server stops, lets
    /// requests in flight and closing handshakes finish for at most `limits.stop_timeout`, then
    /// closes the rest. Not to be called on an I/O thread. When the I/O
    /// threads do not run, everything is closed at once.
    void stop();

    [[nodiscard]] std::size_t open_connections() const;
    [[nodiscard]] std::size_t body_bytes_in_flight() const;

    /// For Metrics::add. Any thread.
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace cellmon::http
