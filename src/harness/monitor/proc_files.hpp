#pragma once

// What files below /proc say, as proc(5) describes them: text in, values out. nullopt: the text
// does not have that form.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace cellmon::harness::monitor {

/// Of all cores together since the machine's start, in clock ticks.
struct HostTicks {
    std::uint64_t busy = 0;  ///< All but idle and waiting for disks.
    std::uint64_t total = 0;
    unsigned cores = 0;
};
[[nodiscard]] std::optional<HostTicks> parse_host_ticks(std::string_view stat);

struct HostMemory {
    std::uint64_t total_bytes = 0;
    std::uint64_t available_bytes = 0;  ///< That programs could still get.
};
[[nodiscard]] std::optional<HostMemory> parse_host_memory(std::string_view meminfo);

/// Since the machine's start.
struct Traffic {
    std::string device;
    std::uint64_t in_bytes = 0;   ///< Read from a disk, received from a network.
    std::uint64_t out_bytes = 0;  ///< Written, sent.
    std::uint64_t busy_ms = 0;    ///< Of a disk: time in which it had something to do.
};
/// Bytes of all together.
[[nodiscard]] Traffic sum_of(const std::vector<Traffic>& devices);
/// Disks and their partitions, as /proc/diskstats lists them.
[[nodiscard]] std::vector<Traffic> parse_disks(std::string_view diskstats);
/// Interfaces, as /proc/net/dev lists them.
[[nodiscard]] std::vector<Traffic> parse_interfaces(std::string_view net_dev);

struct ProcessStat {
    pid_t pid = 0;
    pid_t parent = 0;
    char state = '?';
    /// CPU time in clock ticks: its own and that of its children which have ended and been waited
    /// for.
    std::uint64_t ticks = 0;
    std::uint64_t start_ticks = 0;  ///< Behind the machine's start. With `pid` it names a process.

    /// It has ended and waits for its parent to ask for it.
    [[nodiscard]] bool ended() const { return state == 'Z' || state == 'X'; }
};
[[nodiscard]] std::optional<ProcessStat> parse_process(std::string_view stat);

struct ProcessPages {
    std::uint64_t resident = 0;
    std::uint64_t shared = 0;  ///< Of these: files and memory shared with others.
};
[[nodiscard]] std::optional<ProcessPages> parse_pages(std::string_view statm);

/// The sockets that listen on `port`, by their inodes, in the text of /proc/net/tcp or tcp6.
[[nodiscard]] std::vector<std::uint64_t> listening_inodes(std::string_view tcp, std::uint16_t port);

}  // namespace cellmon::harness::monitor
