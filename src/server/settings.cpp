#include "server/settings.hpp"

#include <chrono>
#include <utility>

#include "base/thread.hpp"

namespace cellmon::server {

using classroom::AlertSettings;

AlertSettings default_settings(const config::Config& config) {
    const live::Thresholds& thresholds = config.live.thresholds;
    const auto seconds = [](std::chrono::milliseconds time) {
        return std::chrono::ceil<std::chrono::seconds>(time).count();
    };
    AlertSettings settings;
    settings.consecutive_error_threshold = config.error_threshold;
    settings.error_window_seconds = seconds(thresholds.error_window);
    settings.active_window_seconds = seconds(thresholds.active_window);
    settings.help_expiry_seconds = seconds(thresholds.help_expiry);
    settings.dismiss_silence_seconds = seconds(thresholds.dismiss_silence);
    return settings;
}

live::Thresholds thresholds_of(live::Thresholds base, const AlertSettings& settings) {
    base.significant_errors = settings.error_detection_enabled
                                  ? static_cast<std::uint32_t>(settings.consecutive_error_threshold)
                                  : live::kNoErrors;
    base.error_window = std::chrono::seconds(settings.error_window_seconds);
    base.active_window = std::chrono::seconds(settings.active_window_seconds);
    base.help_expiry = std::chrono::seconds(settings.help_expiry_seconds);
    base.dismiss_silence = std::chrono::seconds(settings.dismiss_silence_seconds);
    return base;
}

SettingsWatch::SettingsWatch(sql::Database& database, const AlertSettings& defaults,
                             telemetry::Log& log)
    : database_(database), defaults_(defaults), log_(log), current_(defaults) {}

void SettingsWatch::start() {
    look();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void SettingsWatch::stop() {
    thread_ = std::jthread();
}

AlertSettings SettingsWatch::current() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

void SettingsWatch::on_change(Apply apply) {
    const std::lock_guard lock(mutex_);
    apply_ = std::move(apply);
    apply_(current_);
}

void SettingsWatch::look_now() {
    const std::lock_guard lock(mutex_);
    is_told_ = true;
    wake_.notify_one();
}

void SettingsWatch::run(const std::stop_token& stop) {
    set_thread_name("settings");
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, std::chrono::seconds(current_.cache_ttl_seconds),
                           [this] { return is_told_; });
            is_told_ = false;
        }
        if (!stop.stop_requested()) look();
    }
}

void SettingsWatch::look() {
    const auto read = database_.read([this](sql::Connection& connection) {
        return classroom::read_alert_settings(connection, defaults_);
    });
    // Away: whoever watches the database itself says so.
    if (!read) return;
    std::unique_lock lock(mutex_);
    if (*read == current_) return;
    current_ = *read;
    log_.info("settings: {} failures in a row are significant, detection is {}",
              read->consecutive_error_threshold, read->error_detection_enabled ? "on" : "off");
    if (apply_) apply_(*read);
}

}  // namespace cellmon::server
