#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "harness/monitor/metrics.hpp"
#include "harness/monitor/proc_reader.hpp"
#include "harness/monitor/watch.hpp"

namespace cellmon::harness::monitor {

/// CPU and memory of the watched parts and of the load's generators, from one read to the next. A
/// part that has ended is looked for again. One thread.
class ProcessMeter {
  public:
    ProcessMeter(std::vector<Watch> parts, const std::vector<pid_t>& generators,
                 const ProcReader& reader, const Clock& clock);

    /// Fills in `processes` and `generator_cpu`. CPU is from the last call on; the first call has
    /// none.
    void read(Sample& sample);

  private:
    struct Root {
        pid_t pid = 0;
        std::uint64_t start_ticks = 0;
    };
    struct Part {
        Watch watch;
        std::vector<Root> roots;
        std::optional<std::uint64_t> ticks;  ///< At the last read of these roots.
    };
    /// What all parts share in one read.
    struct Look {
        ProcessTable table;
        std::set<pid_t> apart;
        double possible_ticks = 0;  ///< Of all cores since the last read.
    };

    void find(Part& part, const ProcessTable& table) const;
    ProcessReading read_part(Part& part, const Look& look) const;
    void read_generators(Sample& sample, const Look& look);

    const ProcReader& reader_;
    const Clock& clock_;
    std::vector<Part> parts_;
    std::vector<Part> generators_;
    std::int64_t read_at_us_ = 0;
};

/// CPU and memory of all that is watched: the sums over its parts, where one that could not be read
/// leaves them open; or those of the host without the generators where nothing is watched.
void fill_totals(Sample& sample, std::optional<HostMemory> memory);

}  // namespace cellmon::harness::monitor
