#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id128.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::backup {

inline constexpr std::string_view kCoveredFile = "backup.covered";

/// How far the newest backup that was read again goes: DATA/backup.covered
/// (docs/formats/backup.md).
struct Covered {
    Id128 journal_id;
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;

    bool operator==(const Covered&) const = default;
};

/// nullopt: no backup of this folder has been made. ErrorCode::corrupt or newer_format, naming the
/// file, for one that says nothing.
Result<std::optional<Covered>> read_covered(io::FileSystem& files, const std::string& data);

/// Durable when it returns.
Result<void> write_covered(io::FileSystem& files, const std::string& data, const Covered& covered);

}  // namespace cellmon::backup
