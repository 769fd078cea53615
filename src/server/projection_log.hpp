#pragma once

#include "base/clock.hpp"
#include "projection/runner.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// Says in the log what becomes of a store: when it fails, and when its projection goes on. At most
/// once a minute, however often it fails for one reason. For one projection.
[[nodiscard]] projection::ProjectionRunner::Listener log_failures(telemetry::Log& log,
                                                                  const Clock& clock);

}  // namespace cellmon::server
