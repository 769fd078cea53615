#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/load/http_pool.hpp"
#include "harness/load/open_figures.hpp"
#include "harness/load/schedule.hpp"
#include "harness/load/templates.hpp"

namespace cellmon::harness {

struct OpenOptions {
    std::size_t connections = 100;  ///< Of all threads together.
    std::size_t threads = 1;
    std::int64_t timeout_us = HttpPool::kTimeoutUs;  ///< Of an answer.
    std::int64_t wait_us = 5'000'000;  ///< How long a request may wait for a free connection.

    static constexpr std::size_t kMaxThreads = 16;
    static constexpr std::int64_t kMaxTimeUs = 10 * kMinuteUs;

    /// ErrorCode::invalid when a number is out of bounds.
    [[nodiscard]] Result<void> check() const;
};

/// What there is to see while a run goes on.
struct OpenProgress {
    double fraction = 0;  ///< Of its time.
    std::uint64_t sent = 0;
    std::uint64_t failed = 0;  ///< With those that were not started.
};

struct OpenContext {
    const Clock& clock;
    std::function<bool()> stop;  ///< Asked about ten times a second; true ends the run.
    std::function<void(const OpenProgress&)> progress;  ///< Called about ten times a second.
};

/// Sends each request of the schedule once, at its time or as soon after it as a connection is
/// free, whether the server keeps up or not. Nothing is sent again. Returns when each request has
/// its answer or has failed, at the latest `wait_us` and `timeout_us` after the end of the
/// schedule.
Result<std::unique_ptr<OpenFigures>> run_open(const Endpoint& endpoint, const Schedule& schedule,
                                              const EventTemplates& templates,
                                              const OpenOptions& options,
                                              const OpenContext& context);

}  // namespace cellmon::harness
