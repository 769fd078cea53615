#include "server/redis.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <unistd.h>

#include "base/random.hpp"
#include "server/projection_limits.hpp"
#include "server/projection_log.hpp"
#include "server/source.hpp"
#include "sinks/redis/redis_sink.hpp"

namespace cellmon::server {
namespace {

/// The sign of life for followers is renewed at each look, and good for ten seconds.
constexpr std::chrono::milliseconds kMostIdleWait{3'000};

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

}  // namespace

Result<std::unique_ptr<projection::ProjectionRunner>> make_redis_projection(
    const config::Config& config, RedisParts parts) {
    CELLMON_TRY(redis::parse_url(config.redis.url));
    CELLMON_TRY_ASSIGN(auto source, open_source(parts.journal, parts.files));
    redis::RedisSink::Parts sink_parts{
        {parts.journal.journal_id(), parts.journal.epoch()},
        parts.clock,
        [&live = parts.live] { return live.thresholds(); },
        [&live = parts.live] { return live.make_checkpoint(); },
        [&board = parts.status] { return board.text(); },
        std::move(parts.url),
        host_name(),
    };
    projection::RunnerLimits limits = projection_limits(config);
    limits.idle_wait = std::min(limits.idle_wait, kMostIdleWait);
    auto sink = std::make_unique<redis::RedisSink>(config.redis, std::move(sink_parts));
    return std::make_unique<projection::ProjectionRunner>(
        std::move(source), std::move(sink), parts.clock, std::make_unique<SystemRandom>(), limits,
        log_failures(parts.log, parts.clock));
}

}  // namespace cellmon::server
