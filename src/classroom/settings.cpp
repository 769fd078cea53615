#include "classroom/settings.hpp"

namespace cellmon::classroom {
namespace {

Setting setting_of(const sql::Row& row) {
    return {row.text(0),          row.text(1),    row.text(2),
            row.optional_text(3), row.boolean(4), row.optional_integer(5)};
}

}  // namespace

Result<std::vector<Setting>> list_settings(sql::Connection& connection) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT setting_key, setting_value, setting_type, description, is_default, "
                       "updated_us FROM system_settings WHERE is_active ORDER BY setting_key"));
    std::vector<Setting> settings;
    settings.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        settings.push_back(setting_of(row));
    return settings;
}

Result<std::optional<Setting>> find_setting(sql::Connection& connection, std::string_view key) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT setting_key, setting_value, setting_type, description, is_default, "
                       "updated_us FROM system_settings WHERE is_active AND setting_key = $1",
                       key));
    if (rows.empty()) return std::nullopt;
    return setting_of(rows.front());
}

Result<void> add_setting(sql::Connection& connection, const Setting& added, TimeUs now) {
    CELLMON_TRY_ASSIGN(const auto rows, connection.run("SELECT count(*) FROM system_settings"));
    if (rows.front().integer(0) >= kMostSettings) {
        return fail(ErrorCode::limit, "there are as many settings as may be");
    }
    CELLMON_TRY(connection.run(
        "INSERT INTO system_settings (setting_key, setting_value, setting_type, description, "
        "is_active, is_default, created_us) VALUES ($1, $2, $3, $4, TRUE, $5, $6)",
        added.key, added.value, added.type, added.description, added.is_default, now));
    return {};
}

Result<void> store_setting(sql::Connection& connection, const Setting& changed, TimeUs now) {
    CELLMON_TRY(
        connection.run("UPDATE system_settings SET setting_value = $2, is_default = $3, "
                       "updated_us = $4 WHERE setting_key = $1",
                       changed.key, changed.value, changed.is_default, now));
    return {};
}

}  // namespace cellmon::classroom
