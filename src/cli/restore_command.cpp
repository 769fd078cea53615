#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "backup/restore.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "cli/backup_options.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "config/config.hpp"
#include "erasure/again.hpp"
#include "io/file_system.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kRestoreFooter = R"(Examples:
  cellmon restore --from /backups/cellmon --data ./data
  cellmon restore --from /backups/cellmon --data ./data --password-file /etc/cellmon/backup.password
  cellmon restore --from /backups/cellmon --data ./data --to-sequence 120000
  CELLMON_POSTGRES_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE cellmon restore --from /backups/cellmon --data ./data
  cellmon restore --from /backups/cellmon --data ./data --only classroom
  cellmon restore --from monday.cellmon-backup --data ./data --erasures /backups/cellmon/erasures

Into an empty place only, while no server runs on it. Rows of events, time series and Redis are made anew by the server.
Who was erased since the backup was made is erased again: the list of them lies beside backups in a folder.
Exit status: 0 restored · 1 the backup is damaged, nothing was restored · 2 wrong arguments · 3 it could not be done.)";

struct RestoreCommandOptions {
    backup::RestoreOptions what;
    std::string postgres;
    std::string only;
    std::uint64_t to_sequence = 0;
    bool has_sequence = false;
    PasswordOptions password;
};

void say_done(const backup::RestoreOptions& options, const backup::RestoreDone& done) {
    if (options.scope != backup::Scope::classroom) {
        fmt::print("Restored from {}: events 1 to {}, epoch {} of the journal.\n", done.journal.id,
                   done.end.sequence, done.end.epoch);
    }
    if (options.scope != backup::Scope::journal) {
        fmt::print("The classroom is that of {}, as it was at event {} ({}).\n", done.rows.id,
                   done.rows.snapshot.sequence, format_time(done.rows.started_us).substr(0, 19));
    }
    if (done.blanked > 0) {
        fmt::print("{} payloads that were erased before the backup are blank.\n", done.blanked);
    }
    if (done.asked_again > 0) {
        fmt::print(
            "People in it who were erased since the backup was made: {}. The server erases them "
            "again when it starts, before anything else.\n",
            done.asked_again);
    }
    if (done.removed_through > 0) {
        fmt::print(
            "The content of the events through {} is not in that backup: retention had removed it "
            "before. Tables and points cannot be made of them; docs/guide/data-protection.md.\n",
            done.removed_through);
    }
    fmt::print("Start the server; it makes all other rows, points and entries anew.\n");
    if (!done.has_list) {
        fmt::print(stderr,
                   "cellmon restore: no list of who was erased lies beside the backup. Who was "
                   "erased since it was made is back: erase them again, or restore with the list "
                   "(--erasures)\n");
    }
}

/// The stores that were restored.
backup::AskAgain asking(const backup::RestoreOptions& what, io::FileSystem& files,
                        const Clock& clock, RandomSource& random) {
    auto config = std::make_shared<config::Config>();
    config->data_directory = what.data;
    config->classroom.postgres_url = what.classroom.postgres_url;
    return [config, &files, &clock, &random](const backup::BroughtBack& back, backup::Work& work) {
        return erasure::ask_again({*config, files, clock, random}, back, work);
    };
}

int restore(RestoreCommandOptions& options) {
    const auto files = io::make_posix_file_system();
    auto password = password_of(options.password, *files);
    if (!password) return report_backup("restore", password.error());
    backup::RestoreOptions& what = options.what;
    what.password = std::move(*password);
    what.classroom = classroom_of(what.data, options.postgres);
    if (options.only == "journal") what.scope = backup::Scope::journal;
    if (options.only == "classroom") what.scope = backup::Scope::classroom;
    if (options.has_sequence) what.to_sequence = options.to_sequence;
    if (options.has_sequence && what.scope == backup::Scope::classroom) {
        return report_backup("restore",
                             {ErrorCode::invalid,
                              "--to-sequence is about events, and --only classroom restores none"});
    }
    const SystemClock clock;
    SystemRandom random;
    LongWork long_work("restoring");
    const auto done = backup::restore_backup(
        what, {*files, clock, random, asking(what, *files, clock, random)}, long_work.work());
    long_work.clear();
    if (!done) return report_backup("restore", done.error());
    say_done(what, *done);
    return kExitOk;
}

}  // namespace

void add_restore(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("restore", "Bring a backup back, into an empty place");
    command->footer(kRestoreFooter);
    auto options = std::make_shared<RestoreCommandOptions>();
    options->what.data = "./data";
    command->add_option("--from", options->what.where, "The folder of backups, or the file")
        ->required()
        ->check(CLI::ExistingPath);
    command->add_option("--data", options->what.data, "Where the server's data folder is to be")
        ->capture_default_str();
    command
        ->add_option("--postgres", options->postgres,
                     "An empty database for the classroom of a server with postgres.url; other "
                     "users of the machine can read it here, the variable is safer")
        ->envname("CELLMON_POSTGRES_URL");
    command->add_option("--backup", options->what.backup,
                        "The backup's name; without it, the newest");
    CLI::Option* sequence = command->add_option(
        "--to-sequence", options->to_sequence,
        "The last event, not before the backup's picture of the classroom; without it, all");
    command
        ->add_option("--only", options->only,
                     "One half, when the other is there: the events, or the classroom's rows")
        ->check(CLI::IsMember({"journal", "classroom"}));
    command
        ->add_option("--erasures", options->what.erasures,
                     "A folder with the list of who was erased, besides the one that lies beside "
                     "the backups")
        ->check(CLI::ExistingDirectory);
    add_password_options(*command, options->password);
    command->callback([options, sequence, &exit_code] {
        options->has_sequence = sequence->count() > 0;
        exit_code = restore(*options);
    });
}

}  // namespace cellmon::cli
