#pragma once

#include <limits>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::influxdb {

inline constexpr TimeUs kKeptForEver = std::numeric_limits<TimeUs>::min();

/// Points of events that are older than this are deleted and never written: what
/// DATA/timeseries.kept says, beside the file of the local state at `state_path`. kKeptForEver
/// without such a file. ErrorCode::corrupt or newer_format, naming it, when it cannot be read.
Result<TimeUs> read_kept_from(io::FileSystem& files, const std::string& state_path);

/// Writes it down, durably and before anything is deleted. It only grows: what was deleted once
/// nobody expects again, whatever the setting is later. The begin of a day (UTC).
Result<void> raise_kept_from(io::FileSystem& files, const std::string& state_path, TimeUs from_us);

}  // namespace cellmon::influxdb
