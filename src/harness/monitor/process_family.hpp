#pragma once

#include <map>
#include <set>
#include <vector>

#include "harness/monitor/proc_files.hpp"

namespace cellmon::harness::monitor {

/// The processes of a machine at one time.
using ProcessTable = std::map<pid_t, ProcessStat>;

/// `root` and all that it has started, directly or not; without those of `apart` and what these
/// have started. Empty when `root` has ended. A child that has ended stays until it was waited for:
/// only then its parent has its CPU time.
[[nodiscard]] std::vector<pid_t> family_of(const ProcessTable& table, pid_t root,
                                           const std::set<pid_t>& apart);

/// CPU time of them all: what those had used that have ended and been waited for stays in it.
[[nodiscard]] std::uint64_t ticks_of(const ProcessTable& table, const std::vector<pid_t>& family);

/// Memory of a family: its pages, and once those that all may share, like the buffers of
/// PostgreSQL, which each of its processes has mapped.
[[nodiscard]] std::uint64_t pages_of(const std::vector<ProcessPages>& family);

}  // namespace cellmon::harness::monitor
