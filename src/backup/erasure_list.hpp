#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"

// The list of who was erased: tombstones, and the keys without which they say nothing. It lies in
// DATA/erasures, whose owner is the module `erasure`, and a copy of it in the folder of backups,
// because what a restore brings back of an older backup is to be erased again.
namespace cellmon::backup {

inline constexpr std::string_view kErasuresFolder = "erasures";
inline constexpr std::string_view kTombstoneSuffix = ".done";
inline constexpr std::string_view kTombstoneLine = "cellmon-erased 1";
inline constexpr std::string_view kPersonKeyName = "key";

/// Whether a file of such a folder is a key: `key`, or `key-2` and so on where lists met that were
/// made under different keys.
[[nodiscard]] bool is_person_key(std::string_view name);

/// Makes `to` know what `from` knows; a missing `from` knows nothing. What is whole in `to` stays
/// as it is, nothing is removed. Keys are readable by their owner alone. Durable when it returns;
/// `written` gets the paths that are new, also of a copy that failed. ErrorCode::corrupt for a
/// damaged tombstone in `from`: all others are copied then.
Result<void> copy_erasures(io::FileSystem& files, const std::string& from, const std::string& to,
                           std::vector<std::string>& written);

/// Copies the list of a data folder beside the backups at `where`. Does nothing for a backup of one
/// file. ErrorCode::locked while another process does it; errors of the disk.
Result<void> keep_erasures(io::FileSystem& files, const std::string& data,
                           const std::string& where);

/// Whether there is a list beside the backups at `where`: an empty one, too.
Result<bool> has_erasures(io::FileSystem& files, const std::string& where);

/// What is damaged in the list beside the backups at `where`, in words; of none nothing is.
Result<std::vector<std::string>> damaged_erasures(io::FileSystem& files, const std::string& where);

/// The list that somebody has named: the folder, or its `erasures`. ErrorCode::invalid when it
/// holds none.
Result<std::string> named_erasures(io::FileSystem& files, const std::string& folder);

/// Where that is.
[[nodiscard]] std::string erasures_of(std::string_view folder);

}  // namespace cellmon::backup
