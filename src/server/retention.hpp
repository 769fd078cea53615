#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"
#include "projection/status.hpp"
#include "retention/schedule.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// Before the projection of the time series begins: it is not to write what is deleted at once.
Result<void> note_kept_points(const config::Config& config, io::FileSystem& files,
                              const Clock& clock);

/// How far a projection certainly is behind its next opening.
[[nodiscard]] retention::FoldedThrough folded_through(const projection::ProjectionStatus& status);

/// What removes what is too old while this server runs; null when everything is kept for ever.
/// `folded` names the projections and the checkpoints.
std::unique_ptr<retention::Schedule> make_retention(const config::Config& config,
                                                    io::FileSystem& files, const Clock& clock,
                                                    telemetry::Log& log,
                                                    retention::FoldedEverywhere folded);

}  // namespace cellmon::server
