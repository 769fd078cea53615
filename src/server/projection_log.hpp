#pragma once

#include "base/clock.hpp"
#include "projection/runner.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// Says in the log what becomes of a store: once when it fails, and when its projection goes on. In
/// one outage another reason is said, too, but at most one a minute; a store that comes and goes
/// for one reason is spoken of once a minute. For one projection.
[[nodiscard]] projection::ProjectionRunner::Listener log_failures(telemetry::Log& log,
                                                                  const Clock& clock);

}  // namespace cellmon::server
