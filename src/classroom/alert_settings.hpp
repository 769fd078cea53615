#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sql/connection.hpp"

namespace cellmon::classroom {

/// The settings of `system_settings` that this server follows, by their names there.
struct AlertSettings {
    std::int64_t consecutive_error_threshold = 3;
    bool error_detection_enabled = true;
    std::int64_t cache_ttl_seconds = 1;
    std::int64_t error_window_seconds = 300;
    std::int64_t active_window_seconds = 120;
    std::int64_t help_expiry_seconds = 300;
    std::int64_t dismiss_silence_seconds = 60;

    bool operator==(const AlertSettings&) const = default;
};

/// How one of them is read: a whole number between two, or a truth value.
struct KnownSetting {
    std::string_view key;
    std::int64_t AlertSettings::* number = nullptr;
    bool AlertSettings::* truth = nullptr;
    std::int64_t least = 0;
    std::int64_t most = 0;

    [[nodiscard]] std::string text_of(const AlertSettings& settings) const;

    /// Takes the value of a row; false, and nothing is changed, for one that cannot be.
    [[nodiscard]] bool take(AlertSettings& settings, std::string_view text) const;
};

[[nodiscard]] std::span<const KnownSetting> known_settings();

/// Null for a key that means nothing to this server.
[[nodiscard]] const KnownSetting* known_setting(std::string_view key);

/// What holds: `defaults`, but for the rows in which somebody has chosen. A value that something
/// else than the API wrote there and that cannot be leaves the default. A part of the caller's
/// transaction.
Result<AlertSettings> read_alert_settings(sql::Connection& connection,
                                          const AlertSettings& defaults);

}  // namespace cellmon::classroom
