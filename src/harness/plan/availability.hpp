#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "harness/plan/site.hpp"

namespace cellmon::harness::plan {

/// What the health checks of a run have seen.
struct HealthChecks {
    std::uint64_t made = 0;      ///< Those that count.
    std::uint64_t answered = 0;  ///< Of these: with 200, in time.
    std::uint64_t left_out = 0;  ///< While the plan itself kept the server from answering.
    std::string first_failure;   ///< When, and why; empty without one.
};

/// Asks the server ten times a second whether it is ready, on a thread of its own, as long as it
/// lives.
class Availability {
  public:
    Availability(const Site& site, const Clock& clock);
    ~Availability();
    Availability(const Availability&) = delete;
    Availability& operator=(const Availability&) = delete;

    [[nodiscard]] HealthChecks so_far() const;

    static constexpr std::chrono::milliseconds kInterval{100};
    static constexpr std::chrono::milliseconds kPatience{2'000};

  private:
    void check_on();

    const Site& site_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    HealthChecks checks_;  ///< Guarded by mutex_.
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace cellmon::harness::plan
