#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// The whole server: the one place where all parts are made and connected. Starts in the order
/// journal, delivery, projections, listener, and stops the other way round.
class Server {
  public:
    /// Recovers the data directory and listens. Errors are sentences for the person at the
    /// terminal: data directory locked, no permission, damaged or newer data, port taken, an
    /// address that is not safe.
    ///
    /// `begin_anew` is called once, by another thread, when somebody asks for an erasure: this
    /// server should be destroyed, and the next start does it. Erasures that are asked for already
    /// are done before anything is opened.
    static Result<std::unique_ptr<Server>> start(const config::Config& config, telemetry::Log& log,
                                                 std::function<void()> begin_anew = {});

    /// Stops taking requests, finishes those in flight, checkpoints.
    ~Server();

    [[nodiscard]] std::uint16_t port() const;

    /// `http://127.0.0.1:8000`
    [[nodiscard]] std::string url() const;

    /// Called once, by another thread, when the journal cannot go on; the process should end.
    void on_failure(std::function<void(const std::string& why)> callback);

  private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cellmon::server
