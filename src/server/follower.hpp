#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// A server that only shows a class: it follows another one through the stream in Redis that
/// `redis.follow` names, writes no journal and no store, and says who takes what it does not.
/// Starts with the newest picture that Redis has, else with the one it had itself, else with an
/// empty class, and listens in any case.
class Follower {
  public:
    /// Errors are sentences for the person at the terminal, as of Server::start. `outdated` is
    /// called once, by another thread, when this one cannot go on from where it is and another one
    /// can: it should be replaced.
    static Result<std::unique_ptr<Follower>> start(const config::Config& config,
                                                   telemetry::Log& log,
                                                   std::function<void()> outdated);
    ~Follower();

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string url() const;

  private:
    class Impl;
    explicit Follower(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cellmon::server
