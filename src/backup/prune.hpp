#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::backup {

/// Which backups of a folder stay. One goes when any of these says so; 0: it says so of none.
struct KeepRules {
    std::uint64_t backups = 0;  ///< The newest ones.
    std::uint64_t days = 0;     ///< From when a backup was finished.
    std::uint64_t bytes = 0;    ///< Of manifests and parts on the disk, what is shared once.

    bool operator==(const KeepRules&) const = default;
};

/// When nobody says otherwise.
inline constexpr KeepRules kKeepUnlessTold{14, 0, 0};

/// What became of a folder when old backups went. Why one went is the first of the rules that said
/// so, in the order of KeepRules.
struct Pruned {
    std::vector<std::string> removed;  ///< Their names, the oldest first.
    std::size_t by_number = 0;
    std::size_t by_age = 0;
    std::size_t by_size = 0;
    std::uint64_t freed_bytes = 0;

    /// Of the backup that stays in any case, when it alone is more than the rules allow; else 0.
    std::uint64_t too_large_bytes = 0;
};

/// Removes backups of a folder by the rules, and every part that only these have; then what backups
/// that were killed have left. The newest whole backup stays whatever the rules say: the newest one
/// whose parts all lie there in their length, or the newest one when none does. By size the oldest
/// go first, until what is left fits. The list of erasures is not touched.
///
/// ErrorCode::corrupt, and nothing is removed, when a manifest cannot be read: nobody knows then
/// which parts it needs. ErrorCode::locked while a backup is written there. Whatever ends it in the
/// middle, each manifest that is left has its parts.
Result<Pruned> prune(io::FileSystem& files, const std::string& where, const KeepRules& rules,
                     TimeUs now_us);

/// Why they went: `2 by age, 1 by size`; empty when none did.
[[nodiscard]] std::string reasons_of(const Pruned& pruned);

}  // namespace cellmon::backup
