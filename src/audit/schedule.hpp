#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "audit/audit.hpp"
#include "audit/status.hpp"
#include "base/clock.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::audit {

/// Each with a line in docs/reference/configuration.md; 0: never.
struct ScheduleOptions {
    std::chrono::milliseconds interval{std::chrono::minutes(10)};  ///< Of quick audits.
    std::chrono::milliseconds deep_interval{std::chrono::hours(24)};
};

/// Audits the stores of a running server again and again, one after the other, on a thread that
/// lets others go first; says once when one differs, and when it does not any more.
class Schedule {
  public:
    /// The first quick audit comes after `interval`, the first deep one after `deep_interval` or an
    /// hour, whichever is less: a server that is started anew each day has one, too.
    Schedule(std::vector<std::unique_ptr<Audit>> audits, const ScheduleOptions& options,
             const Clock& clock, telemetry::Log& log);

    /// Ends the audit under way.
    ~Schedule();
    Schedule(const Schedule&) = delete;
    Schedule& operator=(const Schedule&) = delete;

    /// The last verdict on each store. Any thread.
    [[nodiscard]] std::vector<AuditStatus> statuses() const;

    /// For Metrics::add.
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

  private:
    struct Audited {
        std::unique_ptr<Audit> audit;
        std::int64_t quick_due_us = 0;  ///< Steady; of the thread alone, as the next.
        std::int64_t deep_due_us = 0;
        AuditStatus status;  ///< Under mutex_.
    };

    void run(const std::stop_token& stop);
    void audit_if_due(Audited& audited, const std::stop_token& stop);
    void note(Audited& audited, const StoreReport& report, std::int64_t duration_us);
    void note(Audited& audited, const Error& error);

    const ScheduleOptions options_;
    const Clock& clock_;
    telemetry::Log& log_;
    std::vector<Audited> audited_;
    mutable std::mutex mutex_;
    std::jthread thread_;  // Last: it uses all of the above.
};

}  // namespace cellmon::audit
