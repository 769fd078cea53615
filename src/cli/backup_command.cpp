#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "backup/backup.hpp"
#include "backup/place.hpp"
#include "backup/prune.hpp"
#include "backup/verify.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/thread.hpp"
#include "cli/backup_options.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/store_options.hpp"
#include "config/values.hpp"
#include "event/json_object.hpp"
#include "io/file_system.hpp"
#include "journal/reader.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kBackupFooter = R"(Examples:
  cellmon backup --data ./data --to /backups/cellmon
  cellmon backup --data ./data --to /backups/cellmon --password-file /etc/cellmon/backup.password
  CELLMON_POSTGRES_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE cellmon backup --data ./data --to /backups/cellmon
  cellmon backup --data ./data --to /media/usb/monday.cellmon-backup
  cellmon backup list --from /backups/cellmon
  cellmon backup verify --from /backups/cellmon && echo good
  cellmon backup prune --from /backups/cellmon --keep 14
  cellmon backup prune --from /backups/cellmon --keep-days 90 --keep-bytes 200GiB

A path that ends with .cellmon-backup is one file, every other one a folder of backups, which share what they have in common.
Works beside a running server or without one. cellmon restore brings all of it back; docs/guide/backup.md has the steps.
Exit status: 0 done, or all is good · 1 a backup, or the journal, is damaged · 2 wrong arguments · 3 it could not be done.)";

struct BackupCommandOptions {
    StoreOptions stores;
    std::string to;
    std::string from;
    std::string name;
    PasswordOptions password;
    backup::KeepRules keep;
    bool json = false;
};

int back_up(const BackupCommandOptions& options) {
    if (options.to.empty()) {
        return report_backup("backup", {ErrorCode::invalid,
                                        "--to is missing: a folder for backups, or a file that "
                                        "ends with .cellmon-backup"});
    }
    const auto files = io::make_posix_file_system();
    const auto password = password_of(options.password, *files);
    if (!password) return report_backup("backup", password.error());
    // A server that runs on this machine goes first.
    step_back();
    const SystemClock clock;
    SystemRandom random;
    backup::BackupOptions what;
    what.data = options.stores.data;
    what.classroom = classroom_of(options.stores.data, options.stores.postgres);
    what.where = options.to;
    what.password = *password;
    what.visible = journal::visible_beside_writer(*files, what.data + "/journal");
    LongWork long_work("backing up");
    const auto done = backup::make_backup(what, {*files, clock, random}, long_work.work());
    long_work.clear();
    if (!done) return report_backup("backup", done.error());
    const backup::Manifest& manifest = done->manifest;
    fmt::print(
        "Backup {}: events 1 to {}, the classroom as it was at event {}{}.\n{} in {} parts, {} of "
        "it new; all that is new was read again.\n",
        manifest.id, manifest.through.sequence, manifest.snapshot.sequence,
        password->empty() ? "; not encrypted" : "; encrypted", size_text(manifest.stored_bytes()),
        manifest.parts.size(), size_text(done->written_bytes));
    if (!done->list_error.empty()) {
        fmt::print(stderr,
                   "cellmon backup: the list of who was erased is not beside it; the next backup "
                   "tries again: {}\n",
                   done->list_error);
    }
    return kExitOk;
}

std::string row_of(const backup::Manifest& manifest) {
    return fmt::format("{:<26} {} {:>12} {:>12} {:>6} {:>10} {:>10}  {}\n", manifest.id,
                       format_time(manifest.finished_us).substr(0, 19), manifest.snapshot.sequence,
                       manifest.through.sequence, manifest.epoch,
                       size_text(manifest.stored_bytes()),
                       manifest.engine == sql::Engine::sqlite ? "sqlite" : "postgresql",
                       manifest.key.encrypted ? "encrypted" : "");
}

void append_json(std::string& text, const backup::Manifest& manifest) {
    event::JsonObject object(text);
    object.text("backup", manifest.id);
    object.text("finished", format_time(manifest.finished_us));
    object.text("journal", manifest.journal_id.to_string());
    object.number("epoch", manifest.epoch);
    object.number("snapshot", manifest.snapshot.sequence);
    object.number("through", manifest.through.sequence);
    object.number("bytes", manifest.stored_bytes());
    object.text("classroom", manifest.engine == sql::Engine::sqlite ? "sqlite" : "postgresql");
    object.boolean("encrypted", manifest.key.encrypted);
    object.end();
    text += '\n';
}

int list_backups(const BackupCommandOptions& options) {
    const auto files = io::make_posix_file_system();
    const auto found = backup::find_backups(*files, options.from);
    if (!found) return report_backup("backup list", found.error());
    std::string text;
    if (!options.json) {
        text = fmt::format("{:<26} {:<19} {:>12} {:>12} {:>6} {:>10} {:>10}\n", "backup",
                           "finished (UTC)", "snapshot", "through", "epoch", "size", "classroom");
    }
    for (const backup::FoundBackup& one : found->backups) {
        if (options.json) {
            append_json(text, one.manifest);
        } else {
            text += row_of(one.manifest);
        }
    }
    fmt::print("{}", text);
    for (const Error& problem : found->problems)
        fmt::print(stderr, "cellmon backup list: {}\n", problem.message);
    return found->problems.empty() ? kExitOk : kExitVerdict;
}

int verify_stored(const BackupCommandOptions& options) {
    const auto files = io::make_posix_file_system();
    const auto password = password_of(options.password, *files);
    if (!password) return report_backup("backup verify", password.error());
    LongWork long_work("reading");
    const auto verified =
        backup::verify_backups(*files, {options.from, options.name, *password}, long_work.work());
    long_work.clear();
    if (!verified) return report_backup("backup verify", verified.error());
    for (const std::string& problem : verified->problems)
        fmt::print("Damaged: {}\n", problem);
    fmt::print("{} backups, {} parts, {} read: {}.\n", verified->backups.size(), verified->parts,
               size_text(verified->bytes), verified->problems.empty() ? "all good" : "not good");
    if (!verified->opened) {
        fmt::print(
            "Without the password only the stored bytes were compared; with it they are also "
            "decrypted and unpacked.\n");
    }
    return verified->problems.empty() ? kExitOk : kExitVerdict;
}

int prune_stored(const BackupCommandOptions& options) {
    if (backup::is_one_file(options.from)) {
        return report_backup("backup prune",
                             {ErrorCode::invalid, options.from + " is one file: remove it"});
    }
    const auto files = io::make_posix_file_system();
    const bool is_told = options.keep != backup::KeepRules{};
    const SystemClock clock;
    const auto pruned = backup::prune(
        *files, options.from, is_told ? options.keep : backup::kKeepUnlessTold, clock.now_us());
    if (!pruned) return report_backup("backup prune", pruned.error());
    for (const std::string& name : pruned->removed)
        fmt::print("Removed {}\n", name);
    const std::string reasons = backup::reasons_of(*pruned);
    fmt::print("{} removed{}, {} freed.\n", pruned->removed.size(),
               reasons.empty() ? "" : fmt::format(" ({})", reasons),
               size_text(pruned->freed_bytes));
    if (pruned->too_large_bytes > 0) {
        fmt::print(stderr,
                   "cellmon backup prune: the newest backup alone has {}, more than --keep-bytes: "
                   "it stays\n",
                   size_text(pruned->too_large_bytes));
    }
    return kExitOk;
}

/// `200GiB`, as in the configuration, becomes a number; anything else is said to be wrong.
std::string take_size(std::string& text) {
    const auto bytes = config::parse_bytes(text);
    if (!bytes) return bytes.error().message;
    if (*bytes == 0) return "it is not above 0";
    text = std::to_string(*bytes);
    return {};
}

CLI::App* add_below(CLI::App& parent, const char* name, const char* description,
                    const std::shared_ptr<BackupCommandOptions>& options) {
    CLI::App* command = parent.add_subcommand(name, description);
    command->add_option("--from", options->from, "The folder of backups, or the file")
        ->required()
        ->check(CLI::ExistingPath);
    return command;
}

}  // namespace

void add_backup(CLI::App& app, int& exit_code) {
    CLI::App* parent = app.add_subcommand("backup", "Back up everything, beside a running server");
    parent->require_subcommand(0, 1);
    parent->footer(kBackupFooter);
    auto options = std::make_shared<BackupCommandOptions>();
    // Looked at when a backup is made: list, verify and prune need none.
    parent->add_option("--data", options->stores.data, "The server's data folder")
        ->capture_default_str();
    add_postgres_option(*parent, options->stores);
    parent->add_option("--to", options->to,
                       "A folder of backups, made when it is missing, or a file that ends with "
                       ".cellmon-backup");
    add_password_options(*parent, options->password);
    parent->callback([parent, options, &exit_code] {
        if (parent->get_subcommands().empty()) exit_code = back_up(*options);
    });

    CLI::App* command = add_below(*parent, "list", "Show the backups, the oldest first", options);
    command->add_flag("--json", options->json, "An object a line instead of a table");
    command->callback([options, &exit_code] { exit_code = list_backups(*options); });

    command = add_below(*parent, "verify", "Read every part and compare it", options);
    command->add_option("--backup", options->name, "This one alone");
    add_password_options(*command, options->password);
    command->callback([options, &exit_code] { exit_code = verify_stored(*options); });

    command = add_below(*parent, "prune",
                        "Remove the oldest backups, and what only they needed; the newest whole "
                        "one stays in any case",
                        options);
    command
        ->add_option("--keep", options->keep.backups,
                     fmt::format("How many stay; {} when none of these three is given",
                                 backup::kKeepUnlessTold.backups))
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000}));
    command
        ->add_option("--keep-days", options->keep.days,
                     "For how many days one stays, from when it was finished")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{36'500}));
    command
        ->add_option("--keep-bytes", options->keep.bytes,
                     "How large the backups may be together, such as 200GiB; what they share "
                     "counts once")
        ->transform(CLI::Validator(take_size, ""))
        ->type_name("SIZE");
    command->callback([options, &exit_code] { exit_code = prune_stored(*options); });
}

}  // namespace cellmon::cli
