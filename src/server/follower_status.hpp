#pragma once

#include <string>
#include <thread>

#include "push/hub.hpp"
#include "sinks/redis/stream_source.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// Passes the leader's word on how the data stand on to the clients of a follower's live socket,
/// once a second, with how far the follower itself is; and says in the log when it loses the leader
/// and finds it again.
class FollowerStatus {
  public:
    /// All must outlive it.
    FollowerStatus(const redis::StreamSource& source, push::Hub& hub, telemetry::Log& log);
    FollowerStatus(const FollowerStatus&) = delete;
    FollowerStatus& operator=(const FollowerStatus&) = delete;

  private:
    void run(const std::stop_token& stop);
    void look();
    void say(const projection::ProjectionStatus& own);

    const redis::StreamSource& source_;
    push::Hub& hub_;
    telemetry::Log& log_;
    std::string published_;
    bool lost_ = false;
    std::jthread thread_;
};

}  // namespace cellmon::server
