#pragma once

#include <string>
#include <vector>

#include "base/id128.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/redactions.hpp"

namespace cellmon::backup {

using RedactionRanges = std::vector<journal::Redactions::Range>;

/// Blanks what was blank already when a backup was made, in the journal that a restore has just put
/// into `directory`, before anything reads it: a part that backups share may be older than an
/// erasure, and whole. The payloads in the ranges become zeros, and the journal's own list names
/// them. Synced when it returns.
///
/// What was erased behind a backup is no matter of sequences, which mean nothing in another epoch:
/// tombstones name it (erasure_list).
Result<void> blank_again(io::FileSystem& files, const std::string& directory,
                         const Id128& journal_id, const RedactionRanges& ranges);

}  // namespace cellmon::backup
