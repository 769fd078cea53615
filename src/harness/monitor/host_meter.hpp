#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "harness/monitor/metrics.hpp"
#include "harness/monitor/proc_reader.hpp"

namespace cellmon::harness::monitor {

/// CPU, memory, disks and networks of the host, from one read to the next. One thread.
class HostMeter {
  public:
    HostMeter(const ProcReader& reader, const Clock& clock) : reader_(reader), clock_(clock) {}

    /// Rates are from the last call on; the first call has none. Returns the host's memory.
    std::optional<HostMemory> read(Sample& sample);

  private:
    void read_cpu(Sample& sample);
    void read_disks(Sample& sample, double seconds);

    const ProcReader& reader_;
    const Clock& clock_;
    std::int64_t read_at_us_ = 0;
    std::optional<HostTicks> ticks_;
    std::optional<Traffic> disks_;
    std::map<std::string, std::uint64_t, std::less<>> busy_ms_;  ///< Of each disk.
    std::optional<Traffic> network_;
};

}  // namespace cellmon::harness::monitor
