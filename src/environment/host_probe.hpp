#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "environment/options.hpp"
#include "environment/report.hpp"

namespace cellmon::environment {

/// What the Python of this machine is, as itself says it: one process, at most one at a time, its
/// answer kept for a while. The process has none of the server's variables but PATH, HOME, LANG,
/// VIRTUAL_ENV and CONDA_*, and works in `/`. Any thread; each call may block for the timeout.
class HostProbe {
  public:
    /// `clock` must outlive it.
    HostProbe(HostProbeOptions options, const Clock& clock)
        : options_(std::move(options)), clock_(clock) {}

    struct Answer {
        Report report;
        std::string json;  ///< As the process gave it: what read_report() reads.
        TimeUs captured_us = 0;
        double collection_ms = 0;  ///< How long it took then.
    };

    /// Errors, all for a 503: unavailable (there is no Python, or it fails), limit (it takes too
    /// long). `anew`: what is kept does not count.
    Result<Answer> ask(bool anew);

    /// Ends what ask() waits for. Any thread.
    void stop() { stopped_ = true; }

  private:
    Result<Answer> collect();

    const HostProbeOptions options_;
    const Clock& clock_;
    std::atomic<bool> stopped_{false};
    std::mutex mutex_;  // Held while a process runs.
    std::optional<Answer> kept_;
    std::int64_t kept_until_us_ = 0;  ///< By the steady clock.
};

}  // namespace cellmon::environment
