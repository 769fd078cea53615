#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "retention/options.hpp"
#include "retention/payloads.hpp"
#include "retention/points_cutoff.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::retention {

/// What retention has done since the start.
struct RetentionStatus {
    PayloadsRemoved payloads;  ///< Segments and bytes in all; the rest as of the last look.
    std::uint64_t looks = 0;
    std::uint64_t failures = 0;
    std::string payload_error;               ///< Empty while the last attempt went well.
    std::optional<TimeUs> points_before_us;  ///< Points that are older are deleted.
    std::string point_error;
};

/// Removes what is too old or too much while a server runs: at the start, payloads each ten
/// minutes, points once a day; what failed or has to wait for somebody is tried again soon. On a
/// thread of its own that steps back behind all others.
class Schedule {
  public:
    struct Dependencies {
        io::FileSystem& files;
        const Clock& clock;
        telemetry::Log& log;
        FoldedEverywhere folded;
        /// Deletes the points that are older than that, or than the latest moment it was ever
        /// given, and gives the later one; nullopt: there was none, all are kept. Null: there are
        /// no points. Ends soon with ErrorCode::cancelled behind `interrupt`, as the next.
        std::function<Result<std::optional<TimeUs>>(std::optional<TimeUs> before_us)> delete_points;
        std::function<Result<PointsByDay>()> count_points;  ///< Null with the one above only.
        std::function<void()> interrupt;                    ///< Any thread; may be null.
    };

    /// `data`: the data folder, whose journal this process has open.
    Schedule(RetentionOptions options, std::string data, Dependencies dependencies);
    ~Schedule();
    Schedule(const Schedule&) = delete;
    Schedule& operator=(const Schedule&) = delete;

    /// Any thread, as metrics().
    [[nodiscard]] RetentionStatus status() const;

    /// For Metrics::add.
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

  private:
    void run(const std::stop_token& stop);
    /// How long to wait for the next look, microseconds.
    std::int64_t look_at_payloads(const std::stop_token& stop);
    std::int64_t look_at_points(const std::stop_token& stop);
    /// Gives from when on points are kept; nullopt: all are.
    Result<std::optional<TimeUs>> delete_points(TimeUs now);
    void note(const PayloadsRemoved& done);
    void say_what_waits(const PayloadsRemoved& done);

    const RetentionOptions options_;
    const std::string data_;
    const Dependencies dependencies_;
    // Of the thread alone.
    std::int64_t waiting_since_us_ = 0;  ///< Steady; 0: nothing waits.
    bool said_waiting_ = false;
    std::optional<std::int64_t> points_day_;  ///< Since 1970: of the last look that went well.

    mutable std::mutex mutex_;
    RetentionStatus status_;
    std::jthread thread_;  // Last: it uses all of the above.
};

}  // namespace cellmon::retention
