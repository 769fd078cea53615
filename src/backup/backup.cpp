#include "backup/backup.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "backup/covered.hpp"
#include "backup/erasure_list.hpp"
#include "backup/place.hpp"
#include "backup/restore.hpp"
#include "journal/checked_text.hpp"

namespace cellmon::backup {
namespace {

constexpr std::string_view kDataLockFile = "backup.lock";

/// `20261127T190000Z-1a2b3c4d`.
std::string new_id(const BackupTools& tools, TimeUs now) {
    std::string time = format_time(now).substr(0, 19);
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    return fmt::format("{}Z-{:08x}", time, tools.random.u32());
}

/// One at a time: the picture of the rows lies beside them, and two would take twice the disk.
Result<std::unique_ptr<io::FileLock>> lock_data(io::FileSystem& files, const std::string& data) {
    auto lock = files.lock(fmt::format("{}/{}", data, kDataLockFile));
    if (!lock && lock.error().code == ErrorCode::locked) {
        return fail(
            ErrorCode::locked,
            fmt::format("another backup of {} is being made; try again when it is done", data));
    }
    return lock;
}

std::uint64_t new_bytes(const Manifest& manifest, const BackupWriter& writer) {
    std::uint64_t bytes = 0;
    for (const PartEntry& part : manifest.parts) {
        if (!writer.earlier(part.name)) bytes += part.size.stored_bytes;
    }
    return bytes;
}

}  // namespace

Result<void> check_outside(const std::string& data, const std::string& where) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path folder = fs::weakly_canonical(data, error);
    fs::path place = error ? fs::path() : fs::weakly_canonical(where, error);
    if (error) return fail(error_from_errno(error.value(), "look at " + where));
    for (; !place.empty() && place != place.root_path(); place = place.parent_path()) {
        if (place != folder) continue;
        return fail(ErrorCode::invalid,
                    fmt::format("{} lies in the data folder {}: whatever takes that folder would "
                                "take the backups along; name another place, best on another disk",
                                where, data));
    }
    return {};
}

Result<BackupDone> make_backup(const BackupOptions& options, const BackupTools& tools, Work work) {
    io::FileSystem& files = tools.files;
    BackupDone done;
    Manifest& manifest = done.manifest;
    manifest.started_us = tools.clock.now_us();
    manifest.id = new_id(tools, manifest.started_us);
    manifest.program = CELLMON_VERSION;
    CELLMON_TRY(check_outside(options.data, options.where));
    CELLMON_TRY(check_finished(files, options.data));
    CELLMON_TRY_ASSIGN(const auto lock, lock_data(files, options.data));
    CELLMON_TRY_ASSIGN(const auto writer,
                       open_writer(files, options.where, options.password, tools.random));
    // Also when nothing comes of the backup: those before are restored then.
    if (const auto kept = keep_erasures(files, options.data, options.where); !kept) {
        done.list_error = kept.error().message;
    }

    const JournalSource source{options.data + "/journal", options.visible};
    PartEntry rows;
    std::uint64_t snapshot = 0;
    {
        CELLMON_TRY_ASSIGN(const auto picture, take_picture(files, options.classroom));
        // Behind the picture: whatever event its rows know of is durable by now.
        CELLMON_TRY_ASSIGN(snapshot, durable_end(files, source));
        manifest.engine = options.classroom.engine();
        manifest.schema_version = picture->schema_version();
        CELLMON_TRY_ASSIGN(rows, writer->add(manifest.id + "-classroom", [&](PartWriter& into) {
            return picture->write(into, work);
        }));
    }
    CELLMON_TRY_ASSIGN(auto journal, copy_journal(files, source, snapshot, *writer, work));
    manifest.journal_id = journal.journal_id;
    manifest.epoch = journal.epoch;
    manifest.snapshot = *journal.snapshot;
    manifest.through = journal.through;
    manifest.redactions = std::move(journal.redactions);
    manifest.parts = std::move(journal.parts);
    manifest.parts.push_back(std::move(rows));
    manifest.finished_us = tools.clock.now_us();
    done.written_bytes = new_bytes(manifest, *writer);
    CELLMON_TRY(writer->commit(manifest));
    // For who lets payloads go: they may when a backup has them.
    CELLMON_TRY(write_covered(files, options.data,
                              {manifest.journal_id, manifest.epoch, manifest.through.sequence}));
    return done;
}

}  // namespace cellmon::backup
