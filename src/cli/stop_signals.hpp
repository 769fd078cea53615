#pragma once

#include <csignal>
#include <ctime>

namespace cellmon::cli {

/// While it lives, SIGINT and SIGTERM do not end the process but are asked for. One thread; create
/// it before any other thread.
class StopSignals {
  public:
    StopSignals() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    }
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    ~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    /// True from the first signal on.
    [[nodiscard]] bool arrived() const {
        const timespec no_wait{};
        if (!arrived_) arrived_ = sigtimedwait(&signals_, nullptr, &no_wait) > 0;
        return arrived_;
    }

  private:
    sigset_t signals_{};
    sigset_t before_{};
    mutable bool arrived_ = false;
};

}  // namespace cellmon::cli
