#include "classroom/alert_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace cellmon::classroom {
namespace {

constexpr std::int64_t kDay = 86'400;

constexpr std::array kKnown = std::to_array<KnownSetting>({
    {"consecutive_error_threshold", &AlertSettings::consecutive_error_threshold, nullptr, 1, 10},
    {"error_detection_enabled", nullptr, &AlertSettings::error_detection_enabled, 0, 1},
    {"cache_ttl_seconds", &AlertSettings::cache_ttl_seconds, nullptr, 1, 300},
    {"error_window_seconds", &AlertSettings::error_window_seconds, nullptr, 1, kDay},
    {"active_window_seconds", &AlertSettings::active_window_seconds, nullptr, 1, kDay},
    {"help_expiry_seconds", &AlertSettings::help_expiry_seconds, nullptr, 1, kDay},
    {"dismiss_silence_seconds", &AlertSettings::dismiss_silence_seconds, nullptr, 1, kDay},
});

}  // namespace

std::string KnownSetting::text_of(const AlertSettings& settings) const {
    if (truth != nullptr) return settings.*truth ? "true" : "false";
    return std::to_string(settings.*number);
}

bool KnownSetting::take(AlertSettings& settings, std::string_view text) const {
    if (truth != nullptr) {
        if (text != "true" && text != "false") return false;
        settings.*truth = text == "true";
        return true;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    if (value < least || value > most) return false;
    settings.*number = value;
    return true;
}

std::span<const KnownSetting> known_settings() {
    return kKnown;
}

const KnownSetting* known_setting(std::string_view key) {
    const auto* found = std::find_if(kKnown.begin(), kKnown.end(),
                                     [&](const KnownSetting& one) { return one.key == key; });
    return found == kKnown.end() ? nullptr : found;
}

Result<AlertSettings> read_alert_settings(sql::Connection& connection,
                                          const AlertSettings& defaults) {
    static const std::string select = [] {
        std::string keys;
        for (const KnownSetting& known : kKnown) {
            keys += keys.empty() ? "'" : ", '";
            keys += known.key;
            keys += '\'';
        }
        return "SELECT setting_key, setting_value FROM system_settings WHERE is_active AND NOT "
               "is_default AND setting_key IN (" +
               keys + ")";
    }();
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(select));
    AlertSettings settings = defaults;
    for (const sql::Row& row : rows.rows)
        static_cast<void>(known_setting(row.text(0))->take(settings, row.text(1)));
    return settings;
}

}  // namespace cellmon::classroom
