#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "sinks/influxdb/progress.hpp"

namespace cellmon::influxdb {

/// A point that InfluxDB does not take, or an event that gives none. The event itself is in the
/// journal.
struct DeadLetter {
    std::uint64_t sequence = 0;
    std::string measurement;
    std::string reason;  ///< One line.

    bool operator==(const DeadLetter&) const = default;
};

/// What this side remembers: the cursor and the dead letters of what it covers.
struct LocalState {
    Progress progress;
    std::vector<DeadLetter> dead_letters;

    bool operator==(const LocalState&) const = default;
};

/// nullopt: there is none. ErrorCode::corrupt for one that does not match its checksum;
/// newer_format for one of another program.
Result<std::optional<LocalState>> load_state(io::FileSystem& files, const std::string& path);

Result<void> store_state(io::FileSystem& files, const std::string& path, const LocalState& state);

}  // namespace cellmon::influxdb
