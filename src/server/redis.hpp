#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"
#include "live/live_service.hpp"
#include "projection/runner.hpp"
#include "server/status_board.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// What the projection into Redis needs of the server. All must outlive it.
struct RedisParts {
    const journal::Journal& journal;
    live::LiveService& live;
    const StatusBoard& status;
    std::function<std::string()> url;  ///< Of this server; empty until it listens. Any thread.
    io::FileSystem& files;
    const Clock& clock;
    telemetry::Log& log;
};

/// The projection into the Redis that `redis.url` names; running. ErrorCode::invalid for a URL that
/// cannot be read; one that leads nowhere is the projection's trouble, not ours.
Result<std::unique_ptr<projection::ProjectionRunner>> make_redis_projection(
    const config::Config& config, RedisParts parts);

}  // namespace cellmon::server
