#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/monitor/host_meter.hpp"
#include "harness/monitor/influx_probe.hpp"
#include "harness/monitor/metrics.hpp"
#include "harness/monitor/probe.hpp"
#include "harness/monitor/process_meter.hpp"
#include "harness/monitor/redis_probe.hpp"
#include "harness/monitor/watch.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness::monitor {

/// What is looked at. Of server and stores on this machine the processes are found by their ports.
struct Subject {
    std::optional<Endpoint> server;
    std::string postgres;  ///< URL; empty: none.
    std::optional<RedisAddress> redis;
    std::optional<InfluxAddress> influx;
    std::vector<Watch> parts;  ///< In place of what would be found for the same name.
    std::vector<pid_t> generators;
};

/// Takes samples of the system under test. One thread, with one more for each service.
class Monitor {
  public:
    Monitor(const Subject& subject, const Clock& clock);
    ~Monitor();
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    /// The first look, which later rates are counted from.
    void start();

    /// Asks all services at once and waits for them, `wait_us` at most; who is slower is read in
    /// the next sample.
    Sample sample(std::int64_t wait_us);

  private:
    void add_parts(const Subject& subject, std::vector<Watch>& parts) const;
    void add_probes(const Subject& subject);

    const Clock& clock_;
    const ProcReader reader_{};
    HostMeter host_;
    std::optional<ProcessMeter> processes_;
    std::shared_ptr<std::atomic<bool>> interrupted_ = std::make_shared<std::atomic<bool>>(false);
    Sample empty_;  ///< With why there are no readings of what is not looked at.
    std::vector<std::unique_ptr<ProbeThread>> probes_;
};

}  // namespace cellmon::harness::monitor
