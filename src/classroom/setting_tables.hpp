#pragma once

#include <string_view>

namespace cellmon::classroom {

/// The step of the schema that makes the settings an admin changes while the server runs (contract
/// §3.11), and those that this server reads. `is_default`: nobody has chosen; then what the server
/// was started with holds, whatever the value here.
inline constexpr std::string_view kSettingTables = R"sql(
CREATE TABLE system_settings (
    id {id},
    setting_key TEXT NOT NULL UNIQUE CHECK (length(setting_key) BETWEEN 1 AND 100),
    setting_value TEXT NOT NULL CHECK (length(setting_value) <= 10000),
    setting_type TEXT NOT NULL CHECK (length(setting_type) BETWEEN 1 AND 50),
    description TEXT CHECK (length(description) <= 1000),
    is_active BOOLEAN NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_us BIGINT NOT NULL,
    updated_us BIGINT
);
INSERT INTO system_settings (setting_key, setting_value, setting_type, description, is_active, is_default, created_us) VALUES
    ('consecutive_error_threshold', '3', 'int', '同じセルでこの回数続けて失敗した学生を「行き詰まり」とします / So many failures in a row on one cell mark a student as stuck', TRUE, TRUE, 0),
    ('error_detection_enabled', 'true', 'bool', '「行き詰まり」を判定するか / Whether students are marked as stuck', TRUE, TRUE, 0),
    ('cache_ttl_seconds', '1', 'int', '設定の変更がすべてのサーバーに届くまでの最長秒数 / Seconds until every server has a changed setting, at most', TRUE, TRUE, 0),
    ('error_window_seconds', '300', 'int', '失敗した実行のあと「エラー」と表示する秒数 / How long a failed run marks its student', TRUE, TRUE, 0),
    ('active_window_seconds', '120', 'int', '最後の操作のあと「活動中」と表示する秒数 / How long a student counts as active behind the last event', TRUE, TRUE, 0),
    ('help_expiry_seconds', '300', 'int', 'ヘルプ要請が新しい知らせなしに終わるまでの秒数 / When a call for help without news is over', TRUE, TRUE, 0),
    ('dismiss_silence_seconds', '60', 'int', '取り下げたヘルプ要請が再び有効になるまでの沈黙の秒数 / A dismissed call for help counts anew behind such a silence', TRUE, TRUE, 0);
)sql";

}  // namespace cellmon::classroom
