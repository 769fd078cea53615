#pragma once

#include <cstddef>
#include <string>

#include "backup/classroom_rows.hpp"
#include "backup/journal_parts.hpp"
#include "backup/manifest.hpp"
#include "backup/progress.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/reader.hpp"

namespace cellmon::backup {

/// What to back up, and where.
struct BackupOptions {
    std::string data;                 ///< The server's data folder.
    ClassroomStore classroom;         ///< Its file lies in that folder.
    std::string where;                ///< A folder of backups, or a file (kFileSuffix).
    std::string password;             ///< Empty: not encrypted. Secret.
    journal::VisibleThrough visible;  ///< Of the server's journal.
};

struct BackupDone {
    Manifest manifest;
    std::uint64_t written_bytes = 0;  ///< What no earlier backup had.
    std::string list_error;           ///< Why the list of erasures is not beside it; empty: it is.
};

struct BackupTools {
    io::FileSystem& files;
    const Clock& clock;
    RandomSource& random;
};

/// Backs up beside a server or without one: first a picture of the classroom's rows, then the
/// journal at least as far as it was then. Everything that was written has been read again when it
/// returns. What the newest good backup covers then stands in DATA/backup.covered. A folder of
/// backups has the list of erasures (erasure_list) then; if that could not be copied there is a
/// backup all the same.
///
/// Errors: no_space, permission (the password), corrupt (the journal is damaged), locked (another
/// backup is made), unavailable (PostgreSQL), cancelled. There is no new backup then, and those
/// before are as they were.
Result<BackupDone> make_backup(const BackupOptions& options, const BackupTools& tools, Work work);

/// ErrorCode::invalid when backups would lie in the folder that they are of: what takes that folder
/// takes them along.
Result<void> check_outside(const std::string& data, const std::string& where);

}  // namespace cellmon::backup
