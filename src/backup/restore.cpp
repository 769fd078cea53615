#include "backup/restore.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "backup/blank_again.hpp"
#include "backup/choice.hpp"
#include "backup/erasure_list.hpp"
#include "journal/checked_text.hpp"
#include "journal/cut.hpp"
#include "journal/durable_file.hpp"
#include "journal/identity.hpp"
#include "journal/reader.hpp"
#include "journal/recovery.hpp"
#include "journal/removal.hpp"
#include "journal/verify.hpp"

namespace cellmon::backup {
namespace {

constexpr std::string_view kUnfinishedLine = "cellmon-restore 1";

class Restore {
  public:
    Restore(const RestoreOptions& options, const RestoreTools& tools, Work& work)
        : options_(options),
          files_(tools.files),
          clock_(tools.clock),
          random_(tools.random),
          ask_again_(tools.ask_again),
          work_(work),
          journal_directory_(options.data + "/journal"),
          marker_(fmt::format("{}/{}", options.data, kUnfinishedFile)) {}

    Result<RestoreDone> run() {
        CELLMON_TRY(choose_backups());
        CELLMON_TRY(open_place());
        auto put = put_back();
        if (put) return std::move(done_);
        // As it was. The next restore clears away what cannot be removed, and goes on behind rows
        // that PostgreSQL has.
        for (const std::string& path : list_)
            static_cast<void>(files_.remove(path));
        const bool is_cleared = clear().has_value();
        if (!rows_may_be_back()) {
            if (is_cleared) static_cast<void>(end_work());
            return fail(std::move(put).error());
        }
        Error error = std::move(put).error();
        error.message +=
            ". PostgreSQL may have the rows already: run the same cellmon restore again, it goes "
            "on from there";
        return fail(std::move(error));
    }

  private:
    [[nodiscard]] bool with_journal() const { return options_.scope != Scope::classroom; }
    [[nodiscard]] bool with_rows() const { return options_.scope != Scope::journal; }

    /// What was asked to take them for good may have done so, and ended before it said so.
    [[nodiscard]] bool rows_may_be_back() const {
        if (rows_are_back_ || !rows_are_finishing_) return rows_are_back_;
        const auto found = was_restored(options_.classroom, mark_);
        return !found || *found;
    }

    Result<void> choose_backups() {
        CELLMON_TRY_ASSIGN(const auto found, find_backups(files_, options_.where));
        CELLMON_TRY_ASSIGN(choice_, choose(found, options_.backup, options_.to_sequence));
        if (with_rows() && choice_.rows.manifest.engine != options_.classroom.engine()) {
            const bool sqlite = options_.classroom.engine() == sql::Engine::postgres;
            return fail(ErrorCode::invalid,
                        sqlite ? "the backup's classroom is a file of SQLite, and PostgreSQL was "
                                 "named for it: leave --postgres and CELLMON_POSTGRES_URL out"
                               : "the backup's classroom was in PostgreSQL: name the empty "
                                 "database that it is to be restored to, with --postgres or "
                                 "CELLMON_POSTGRES_URL");
        }
        CELLMON_TRY_ASSIGN(key_, key_of(choice_.rows, options_.password));
        if (choice_.journal.path != choice_.rows.path) {
            CELLMON_TRY(check_seal(choice_.journal.text, key(), choice_.journal.path));
        }
        collect_redactions();
        done_.rows = choice_.rows.manifest;
        done_.journal = choice_.journal.manifest;
        return {};
    }

    [[nodiscard]] const Key* key() const { return key_ ? &*key_ : nullptr; }

    /// What was blank when the backup was made: its parts may be older.
    void collect_redactions() {
        redactions_ = choice_.journal.manifest.redactions;
        // What comes behind the end gets numbers again, and is something else.
        std::erase_if(redactions_,
                      [&](const auto& range) { return range.first > choice_.sequence; });
        for (auto& range : redactions_)
            range.second = std::min(range.second, choice_.sequence);
    }

    /// The place must be empty, but for what a restore that was killed has left.
    Result<void> open_place() {
        CELLMON_TRY(files_.make_directories(options_.data));
        CELLMON_TRY(files_.make_directories(journal_directory_));
        // No server may run on it, nor another restore.
        auto lock = files_.lock(fmt::format("{}/{}", journal_directory_, journal::kLockFile));
        if (!lock && lock.error().code == ErrorCode::locked) {
            return fail(ErrorCode::locked,
                        fmt::format("a server, or another restore, runs on {}; stop it first",
                                    options_.data));
        }
        if (!lock) return fail(std::move(lock).error());
        lock_ = std::move(*lock);
        CELLMON_TRY_ASSIGN(const bool unfinished, files_.exists(marker_));
        if (unfinished) {
            is_second_ = true;
            CELLMON_TRY(read_marker());
            CELLMON_TRY(clear());
        }
        if (with_journal()) CELLMON_TRY(check_no_journal());
        if (with_rows() && !rows_are_back_) CELLMON_TRY(check_empty(files_, options_.classroom));
        if (!with_journal()) CELLMON_TRY(check_journal_there());
        return {};
    }

    Result<void> check_no_journal() {
        CELLMON_TRY_ASSIGN(const auto firsts, journal::list_segments(files_, journal_directory_));
        CELLMON_TRY_ASSIGN(const auto identity, journal::read_identity(files_, journal_directory_));
        if (firsts.empty() && !identity) return {};
        return fail(ErrorCode::already_exists,
                    fmt::format("{} holds a journal already: a restore overwrites nothing. Name "
                                "another folder with --data, move that one away, or restore the "
                                "classroom's rows alone with --only classroom",
                                journal_directory_));
    }

    /// Rows of one server beside the events of another say nothing.
    Result<void> check_journal_there() {
        CELLMON_TRY_ASSIGN(const auto identity, journal::read_identity(files_, journal_directory_));
        if (identity && identity->journal_id == choice_.rows.manifest.journal_id) return {};
        return fail(ErrorCode::mismatch,
                    fmt::format("{} does not hold the journal that the backup belongs to ({}): put "
                                "it there first, or restore both",
                                journal_directory_, choice_.rows.manifest.journal_id.to_string()));
    }

    Result<void> read_marker() {
        CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files_, marker_));
        const auto lines = journal::checked_lines(text, kUnfinishedLine, marker_);
        if (!lines || lines->size() != 3) return {};
        left_journal_ = (*lines)[2].find("journal") != std::string_view::npos;
        left_rows_ = (*lines)[2].find("classroom") != std::string_view::npos;
        CELLMON_TRY_ASSIGN(rows_are_back_,
                           was_restored(options_.classroom, std::string((*lines)[1])));
        // Those of PostgreSQL went in as a whole: they are there, or nothing of them is.
        if (!rows_are_back_) return {};
        mark_ = (*lines)[1];
        if (mark_.starts_with(mark_beginning())) return {};
        return fail(ErrorCode::already_exists,
                    fmt::format("an unfinished restore has put the rows of another backup into "
                                "PostgreSQL ({}): finish that one with --backup, or empty the "
                                "database first",
                                mark_));
    }

    [[nodiscard]] std::string mark_beginning() const {
        return fmt::format("restored from {} ", choice_.rows.manifest.id);
    }

    /// Removes what this restore, or the one whose marker is there, has put into the place.
    Result<void> clear() {
        if (left_journal_) {
            CELLMON_TRY_ASSIGN(const auto names, files_.list(journal_directory_));
            for (const std::string& name : names) {
                if (name == journal::kLockFile) continue;
                CELLMON_TRY(files_.remove(fmt::format("{}/{}", journal_directory_, name)));
            }
            CELLMON_TRY(files_.sync_directory(journal_directory_));
        }
        if (left_rows_ && options_.classroom.engine() == sql::Engine::sqlite) {
            for (const std::string_view suffix : {"", "-wal", "-shm", "-journal"}) {
                const std::string path = options_.classroom.sqlite_path + std::string(suffix);
                CELLMON_TRY_ASSIGN(const bool present, files_.exists(path));
                if (present) CELLMON_TRY(files_.remove(path));
            }
            CELLMON_TRY(files_.sync_directory(options_.data));
        }
        return {};
    }

    Result<void> begin_work() {
        left_journal_ = with_journal();
        left_rows_ = with_rows();
        if (mark_.empty()) mark_ = mark_beginning() + random_.id().to_string();
        return io::replace_file(
            files_, marker_,
            journal::with_checksum(fmt::format("{}\n{}\n{}{}\n", kUnfinishedLine, mark_,
                                               left_journal_ ? "journal " : "",
                                               left_rows_ ? "classroom" : "")));
    }

    Result<void> end_work() {
        CELLMON_TRY_ASSIGN(const bool present, files_.exists(marker_));
        if (!present) return {};
        CELLMON_TRY(files_.remove(marker_));
        return files_.sync_directory(options_.data);
    }

    Result<void> put_back() {
        CELLMON_TRY(begin_work());
        CELLMON_TRY(bring_list());
        for (const PartEntry& part : choice_.journal.manifest.parts) {
            if (with_journal() && is_wanted(part)) work_.total += part.size.bytes;
        }
        if (with_rows()) work_.total += choice_.rows.manifest.classroom()->size.bytes;
        if (with_journal()) CELLMON_TRY(put_journal());
        if (with_rows() && !rows_are_back_) CELLMON_TRY(put_rows());
        rows_are_back_ = with_rows() && options_.classroom.engine() == sql::Engine::postgres;
        CELLMON_TRY(ask_again());
        return end_work();
    }

    /// Who was erased, of the backups' folder and of who restores.
    Result<void> bring_list() {
        // Where the other half stayed there may be one.
        const auto known = files_.list(erasures_of(options_.data));
        done_.has_list = known && !known->empty();
        CELLMON_TRY_ASSIGN(const bool is_beside, has_erasures(files_, options_.where));
        if (is_beside) CELLMON_TRY(bring_list(erasures_of(options_.where)));
        if (options_.erasures.empty()) return {};
        CELLMON_TRY_ASSIGN(const std::string named, named_erasures(files_, options_.erasures));
        return bring_list(named);
    }

    Result<void> bring_list(const std::string& from) {
        const auto brought = copy_erasures(files_, from, erasures_of(options_.data), list_);
        if (!brought) {
            return fail(brought.error().code,
                        fmt::format("the list of who was erased: {}. Nothing was restored: put a "
                                    "good copy there, or move that file away and restore without "
                                    "what it says",
                                    brought.error().message));
        }
        done_.has_list = true;
        return {};
    }

    /// Last, so that nothing of it is left of a restore that failed.
    Result<void> ask_again() {
        if (!ask_again_) return {};
        BroughtBack back;
        if (with_journal()) back.journal_us = choice_.journal.manifest.started_us;
        if (with_rows()) back.rows_us = choice_.rows.manifest.started_us;
        back.is_second = is_second_;
        CELLMON_TRY_ASSIGN(done_.asked_again, ask_again_(back, work_));
        return {};
    }

    [[nodiscard]] bool is_wanted(const PartEntry& part) const {
        return part.is_segment() && part.first <= choice_.sequence;
    }

    Result<void> put_journal() {
        const Manifest& manifest = choice_.journal.manifest;
        for (const PartEntry& part : manifest.parts) {
            if (is_wanted(part)) CELLMON_TRY(put_segment(part));
        }
        CELLMON_TRY(files_.sync_directory(journal_directory_));
        // Two restores of one backup are two histories: no epoch is used twice, wherever they are.
        const journal::Identity identity{
            manifest.journal_id,
            std::max(manifest.epoch + 1, static_cast<std::uint64_t>(clock_.now_us() / kSecondUs))};
        CELLMON_TRY(blank_again(files_, journal_directory_, manifest.journal_id, redactions_));
        CELLMON_TRY_ASSIGN(const auto redactions,
                           journal::Redactions::read(files_, journal_directory_));
        if (choice_.sequence < manifest.through.sequence && choice_.sequence > 0) {
            CELLMON_TRY(journal::cut_behind(files_, journal_directory_, identity, redactions,
                                            choice_.sequence));
        }
        CELLMON_TRY(check_journal(identity, redactions));
        CELLMON_TRY(journal::write_identity(files_, journal_directory_, identity));
        CELLMON_TRY_ASSIGN(auto durable,
                           journal::DurableFile::open(files_, journal_directory_, identity));
        CELLMON_TRY(durable.write(choice_.sequence));
        CELLMON_TRY_ASSIGN(const std::uint64_t kept,
                           journal::first_kept(files_, journal_directory_, identity.journal_id));
        done_.removed_through = kept - 1;
        for (const auto& [first, last] : redactions.ranges())
            done_.blanked += last - first + 1;
        return files_.sync_directory(journal_directory_);
    }

    Result<void> put_segment(const PartEntry& part) {
        const std::string path =
            fmt::format("{}/{}", journal_directory_, journal::segment_name(part.first));
        CELLMON_TRY_ASSIGN(const auto file, files_.open(path, io::OpenMode::create));
        std::uint64_t at = 0;
        const auto put = [&](std::span<const std::byte> bytes) -> Result<void> {
            CELLMON_TRY(file->write_at(at, bytes));
            at += bytes.size();
            return work_.add(bytes.size());
        };
        CELLMON_TRY(read_part(files_, stored_part(options_.where, part), key(), put));
        return file->sync();
    }

    /// Reads all of it with every checksum, and that it is the history the rows belong to.
    Result<void> check_journal(const journal::Identity& identity,
                               const journal::Redactions& redactions) {
        CELLMON_TRY_ASSIGN(const auto verified,
                           journal::verify(files_, journal_directory_, identity, redactions,
                                           std::numeric_limits<std::uint64_t>::max(), {}));
        const auto wrong = [&](std::string_view what) {
            return fail(ErrorCode::corrupt,
                        fmt::format("the journal in the backup {}: nothing was restored", what));
        };
        if (verified.damage) return wrong("is damaged: " + verified.damage->what);
        if (verified.last_sequence != choice_.sequence) {
            return wrong(fmt::format("ends at sequence {}, not at {}", verified.last_sequence,
                                     choice_.sequence));
        }
        const Manifest& rows = choice_.rows.manifest;
        if (choice_.sequence == rows.through.sequence && verified.chain != rows.through.chain) {
            return wrong("is another history than its manifest says");
        }
        done_.end = {identity.journal_id, identity.epoch, choice_.sequence, verified.chain};
        return check_snapshot_chain(identity);
    }

    Result<void> check_snapshot_chain(const journal::Identity& identity) {
        const Place& snapshot = choice_.rows.manifest.snapshot;
        if (snapshot.sequence == 0 || options_.scope == Scope::journal) return {};
        CELLMON_TRY(journal::write_identity(files_, journal_directory_, identity));
        CELLMON_TRY_ASSIGN(auto reader, journal::Reader::open(files_, journal_directory_, [] {
                               return std::numeric_limits<std::uint64_t>::max();
                           }));
        auto sought =
            reader.seek({identity.journal_id, identity.epoch, snapshot.sequence, snapshot.chain});
        if (sought) return {};
        return fail(ErrorCode::corrupt,
                    fmt::format("the events in the backup {} are not of the history that the rows "
                                "of {} belong to: {}",
                                choice_.journal.manifest.id, choice_.rows.manifest.id,
                                sought.error().message));
    }

    Result<void> put_rows() {
        const Manifest& manifest = choice_.rows.manifest;
        CELLMON_TRY_ASSIGN(
            const auto restore,
            begin_restore(files_, options_.classroom, manifest.schema_version, mark_, clock_));
        const auto put = [&](std::span<const std::byte> bytes) -> Result<void> {
            CELLMON_TRY(restore->take(bytes));
            return work_.add(bytes.size());
        };
        CELLMON_TRY(
            read_part(files_, stored_part(options_.where, *manifest.classroom()), key(), put));
        rows_are_finishing_ = true;
        return restore->finish();
    }

    const RestoreOptions& options_;
    io::FileSystem& files_;
    const Clock& clock_;
    RandomSource& random_;
    const AskAgain& ask_again_;
    Work& work_;
    const std::string journal_directory_;
    const std::string marker_;

    Choice choice_;
    std::optional<Key> key_;
    RedactionRanges redactions_;
    std::unique_ptr<io::FileLock> lock_;
    std::string mark_;
    bool left_journal_ = false;  ///< What the place may hold of an unfinished restore.
    bool left_rows_ = false;
    std::vector<std::string> list_;  ///< Of erasures: what was copied into the place.
    bool is_second_ = false;         ///< One that was killed has left something.
    bool rows_are_finishing_ = false;
    bool rows_are_back_ = false;  ///< In PostgreSQL, by this restore or one that was killed.
    RestoreDone done_;
};

}  // namespace

Result<RestoreDone> restore_backup(const RestoreOptions& options, const RestoreTools& tools,
                                   Work work) {
    Restore restore(options, tools, work);
    return restore.run();
}

Result<void> check_finished(io::FileSystem& files, const std::string& data) {
    CELLMON_TRY_ASSIGN(const bool unfinished,
                       files.exists(fmt::format("{}/{}", data, kUnfinishedFile)));
    if (!unfinished) return {};
    return fail(ErrorCode::unavailable,
                fmt::format("a restore into {} was not finished: run the same cellmon restore "
                            "again; it clears away what that one left",
                            data));
}

}  // namespace cellmon::backup
