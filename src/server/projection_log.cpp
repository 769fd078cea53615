#include "server/projection_log.hpp"

#include <string>

namespace cellmon::server {
namespace {

constexpr std::int64_t kInterval_us = kMinuteUs;

class FailureLog {
  public:
    FailureLog(telemetry::Log& log, const Clock& clock) : log_(log), clock_(clock) {}

    void operator()(const projection::ProjectionStatus& status) {
        using projection::State;
        if (status.state == State::stopped) {
            log_.error("the projection {} stops until somebody looks at it: {}", status.name,
                       status.last_error);
        } else if (status.state == State::retrying) {
            say(status);
        } else if (waits_) {
            waits_ = false;
            log_.info("the projection {} goes on, {} events behind", status.name,
                      status.lag_events);
        }
    }

  private:
    void say(const projection::ProjectionStatus& status) {
        const std::int64_t now_us = clock_.steady_us();
        const bool soon = !said_.empty() && now_us - said_us_ < kInterval_us;
        const bool known = said_ == status.last_error;
        if (waits_ ? known || soon : known && soon) return;
        log_.warn("the projection {} waits for its store and tries again: {}", status.name,
                  status.last_error);
        waits_ = true;
        said_ = status.last_error;
        said_us_ = now_us;
    }

    telemetry::Log& log_;
    const Clock& clock_;
    bool waits_ = false;  ///< As the log last said.
    std::string said_;
    std::int64_t said_us_ = 0;
};

}  // namespace

projection::ProjectionRunner::Listener log_failures(telemetry::Log& log, const Clock& clock) {
    return FailureLog(log, clock);
}

}  // namespace cellmon::server
