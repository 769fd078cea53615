#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace cellmon::config {

/// A value of a TOML file as text, by its dotted key.
struct FileEntry {
    std::string key;
    std::string text;
    unsigned line = 0;
};

/// Reads strings, whole numbers and booleans in tables of any depth. ErrorCode::invalid names
/// `name`, line and reason for broken TOML and for values of other types.
[[nodiscard]] Result<std::vector<FileEntry>> read_toml(std::string_view content,
                                                       std::string_view name);

}  // namespace cellmon::config
