#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backup/place.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::backup {

// What they share who write into a folder of backups and who remove from it.

/// Held while a folder of backups is changed. ErrorCode::locked while somebody else changes it.
Result<std::unique_ptr<io::FileLock>> lock_folder(io::FileSystem& files, const std::string& folder);

/// Removes parts that none of these backups has, and what a backup that was killed has begun; all
/// else in the folder stays. The bytes that were freed; durable when it returns. The folder's lock
/// is held by who calls.
Result<std::uint64_t> remove_orphans(io::FileSystem& files, const std::string& folder,
                                     const std::vector<FoundBackup>& backups);

}  // namespace cellmon::backup
