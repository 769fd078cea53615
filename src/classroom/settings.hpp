#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"

// Rows of `system_settings`. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

inline constexpr std::int64_t kMostSettings = 1'000;

struct Setting {
    std::string key;
    std::string value;
    std::string type;  ///< `int`, `bool`, `json`; anything else is a text.
    std::optional<std::string> description = std::nullopt;
    bool is_default = false;  ///< Nobody has chosen a value; the one here says nothing.
    std::optional<TimeUs> updated_us = std::nullopt;
};

/// The active ones, by key.
Result<std::vector<Setting>> list_settings(sql::Connection& connection);

/// nullopt for one that is not active, too.
Result<std::optional<Setting>> find_setting(sql::Connection& connection, std::string_view key);

/// already_exists when the key is taken; limit when there are kMostSettings.
Result<void> add_setting(sql::Connection& connection, const Setting& added, TimeUs now);

/// Writes value, `is_default` and the time.
Result<void> store_setting(sql::Connection& connection, const Setting& changed, TimeUs now);

}  // namespace cellmon::classroom
