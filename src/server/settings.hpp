#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "classroom/alert_settings.hpp"
#include "config/config.hpp"
#include "live/rules.hpp"
#include "sql/database.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// What the configuration says, for where nobody has chosen; begun seconds as whole ones.
[[nodiscard]] classroom::AlertSettings default_settings(const config::Config& config);

[[nodiscard]] live::Thresholds thresholds_of(live::Thresholds base,
                                             const classroom::AlertSettings& settings);

/// Keeps what this server goes by equal to `system_settings`: looks each `cache_ttl_seconds`, and
/// when it is told of a change. While the database is away what was last read holds, at first the
/// defaults.
class SettingsWatch {
  public:
    using Apply = std::function<void(const classroom::AlertSettings&)>;

    /// `database` and `log` must outlive it.
    SettingsWatch(sql::Database& database, const classroom::AlertSettings& defaults,
                  telemetry::Log& log);

    /// Reads once, where the database can be asked, and begins to watch.
    void start();

    /// No call of an `Apply` comes behind this.
    void stop();

    [[nodiscard]] classroom::AlertSettings current() const;

    /// `apply` hears of what holds now, and on the watching thread of each change. It must not call
    /// this object, and must outlive stop().
    void on_change(Apply apply);

    void look_now();

  private:
    void run(const std::stop_token& stop);
    void look();

    sql::Database& database_;
    const classroom::AlertSettings defaults_;
    telemetry::Log& log_;

    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    classroom::AlertSettings current_;
    Apply apply_;
    bool is_told_ = false;  ///< That there may be a change.
    std::jthread thread_;
};

}  // namespace cellmon::server
