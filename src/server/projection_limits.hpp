#pragma once

#include <algorithm>

#include "config/config.hpp"
#include "projection/runner.hpp"

namespace cellmon::server {

/// The limits of every projection; the first batch is no larger than the largest.
[[nodiscard]] inline projection::RunnerLimits projection_limits(const config::Config& config) {
    projection::RunnerLimits limits = config.projection;
    limits.first_batch_entries = std::min(limits.first_batch_entries, limits.batch_entries);
    return limits;
}

}  // namespace cellmon::server
