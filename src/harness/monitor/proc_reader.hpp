#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "harness/monitor/proc_files.hpp"
#include "harness/monitor/process_family.hpp"

namespace cellmon::harness::monitor {

/// What the machine that this program runs on says of itself.
class ProcReader {
  public:
    [[nodiscard]] Result<HostTicks> host_ticks() const;
    [[nodiscard]] Result<HostMemory> host_memory() const;
    /// All disks with hardware of their own: what lies on others, like a partition or a volume,
    /// would count twice. At least one.
    [[nodiscard]] Result<std::vector<Traffic>> disks() const;
    /// Of all interfaces.
    [[nodiscard]] Result<Traffic> network() const;

    /// All processes; those that end meanwhile are left out.
    [[nodiscard]] ProcessTable processes() const;
    [[nodiscard]] std::optional<ProcessPages> pages(pid_t pid) const;
    /// Processes that listen on `port`, as far as this user may look at them.
    [[nodiscard]] std::vector<pid_t> listening_on(std::uint16_t port,
                                                  const ProcessTable& table) const;
    /// Processes with `text` in their command line, without this one and those that started it.
    [[nodiscard]] std::vector<pid_t> with_command(std::string_view text,
                                                  const ProcessTable& table) const;
};

}  // namespace cellmon::harness::monitor
