#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backup/key.hpp"
#include "backup/place.hpp"
#include "base/result.hpp"

namespace cellmon::backup {

/// Which backups a restore reads.
struct Choice {
    FoundBackup rows;
    FoundBackup journal;
    std::uint64_t sequence = 0;  ///< Where the restored journal ends.
};

/// The newest backup whose rows are no newer than `to_sequence`, and one that holds the journal so
/// far: of the same epoch, a later one when it is needed. Without `to_sequence` the newest, or the
/// one that was named. ErrorCode::not_found, saying which sequences there are, when none will do.
Result<Choice> choose(const FoundBackups& found, const std::string& name,
                      std::optional<std::uint64_t> to_sequence);

/// The key of a backup, whose seal is right. Errors: permission, corrupt.
Result<std::optional<Key>> key_of(const FoundBackup& backup, const std::string& password);

}  // namespace cellmon::backup
