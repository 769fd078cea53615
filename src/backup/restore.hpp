#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "backup/classroom_rows.hpp"
#include "backup/manifest.hpp"
#include "backup/progress.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/cursor.hpp"

namespace cellmon::backup {

/// Of what a restore puts back; the other half must be there.
enum class Scope : std::uint8_t { all, journal, classroom };

struct RestoreOptions {
    std::string where;                         ///< A folder of backups, or a file.
    std::string backup;                        ///< Its name; empty: the newest that will do.
    std::string password;                      ///< Secret.
    std::string data;                          ///< Where the server's data folder is to be.
    ClassroomStore classroom;                  ///< Its file lies in that folder.
    std::optional<std::uint64_t> to_sequence;  ///< The last event; none: all there is.
    Scope scope = Scope::all;
    std::string erasures;  ///< A list of erasures besides that of the folder; empty: none.
};

struct RestoreDone {
    Manifest rows;        ///< The backup that the classroom's rows are of.
    Manifest journal;     ///< The one that the events are of; the same, but for some `to_sequence`.
    journal::Cursor end;  ///< Of the restored journal, in its new epoch.
    std::uint64_t blanked = 0;      ///< Sequences that were blank when the backup was made.
    bool has_list = false;          ///< Whether there was a list of erasures.
    std::uint64_t asked_again = 0;  ///< People whose erasure is asked for again.
    /// The last event whose content retention had removed before any backup in that place had it;
    /// 0: none.
    std::uint64_t removed_through = 0;
};

/// What a restore has brought back, and of when.
struct BroughtBack {
    std::optional<TimeUs> journal_us;  ///< When the backup of the events was begun.
    std::optional<TimeUs> rows_us;     ///< That of the classroom's rows.
    bool is_second = false;            ///< One that was killed here before may have asked already.
};

/// Looks who was erased behind those times and is back, and asks durably that they are erased
/// again: how many. The data folder has journal, rows and the list of erasures by then.
using AskAgain = std::function<Result<std::uint64_t>(const BroughtBack& back, Work& work)>;

struct RestoreTools {
    io::FileSystem& files;
    const Clock& clock;
    RandomSource& random;
    AskAgain ask_again;
};

/// Puts a backup into an empty place, in a new epoch of the journal. Nothing counts before the end:
/// until then DATA/restore.unfinished is there, with which no server starts; another restore clears
/// away what that one left. A restore that fails by itself leaves the place as it was.
///
/// The list of erasures beside the backups comes along, and what is younger in it than what was
/// brought back is asked for again (`ask_again`) before anything counts.
///
/// Errors: already_exists (the place is not empty), corrupt (backup or list is damaged), permission
/// (the password), not_found (no such backup or sequence), no_space, unavailable (PostgreSQL).
Result<RestoreDone> restore_backup(const RestoreOptions& options, const RestoreTools& tools,
                                   Work work);

inline constexpr std::string_view kUnfinishedFile = "restore.unfinished";

/// ErrorCode::unavailable while an unfinished restore lies in the folder: nothing may be started
/// on it.
Result<void> check_finished(io::FileSystem& files, const std::string& data);

}  // namespace cellmon::backup
