#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "harness/monitor/metrics.hpp"

namespace cellmon::harness::monitor {

/// What one look at a service says.
struct Findings {
    std::vector<std::pair<Metric, Reading>> readings;
    std::vector<Trouble> troubles;
    double answers = 0;   ///< Of the server to others, since the last look.
    double failures = 0;  ///< Of these: 5xx.
};

/// A service that is asked over a network. One thread.
class Probe {
  public:
    virtual ~Probe() = default;

    /// Asks, and waits for the answer for a bounded time.
    virtual Findings look() = 0;
    [[nodiscard]] virtual std::vector<Metric> metrics() const = 0;
    /// What is wrong while there is no answer.
    [[nodiscard]] virtual Trouble silence() const = 0;
    /// For how long a look may last before the service counts as silent.
    [[nodiscard]] virtual std::chrono::milliseconds patience() const = 0;
    /// A pause behind a look, in multiples of what that took: of what costs the service much.
    [[nodiscard]] virtual int rest() const { return 0; }
};

/// Looks on a thread of its own, so that a service which hangs holds nothing else up.
class ProbeThread {
  public:
    ProbeThread(std::unique_ptr<Probe> probe, const Clock& clock);
    ~ProbeThread();
    ProbeThread(const ProbeThread&) = delete;
    ProbeThread& operator=(const ProbeThread&) = delete;

    /// Begins a look, unless one goes on or the service rests.
    void ask();
    /// Waits until no look goes on, `until` at most.
    void wait(std::chrono::steady_clock::time_point until);
    /// What the last look said, or that there is no answer. Rates, and what was counted since the
    /// last look, are told once.
    void put_into(Sample& sample);

  private:
    void run();

    const std::unique_ptr<Probe> probe_;
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_.
    bool asked_ = false;
    bool stop_ = false;
    std::int64_t asked_at_us_ = 0;
    std::int64_t rests_until_us_ = 0;
    std::optional<Findings> last_;
    std::thread thread_;
};

}  // namespace cellmon::harness::monitor
