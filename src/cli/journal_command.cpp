#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/journal_report.hpp"
#include "cli/progress_bar.hpp"
#include "io/file_system.hpp"
#include "journal/export_line.hpp"
#include "journal/inspect.hpp"
#include "journal/reader.hpp"
#include "journal/repair.hpp"
#include "journal/verify.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kJournalFooter = R"(Examples:
  cellmon journal inspect --data ./data
  cellmon journal verify --data ./data && echo sound
  cellmon journal export --data ./data --from 1000 --follow | jq .eventType
  cellmon journal repair --data ./data --yes

All but repair may run beside a server. Exit status: 0 ok · 1 damage · 2 wrong arguments · 3 the folder cannot be read.)";

constexpr std::size_t kOutputBytes = 256U << 10U;
constexpr auto kFollowPeriod = std::chrono::milliseconds(50);

struct JournalOptions {
    std::string data = "./data";
    bool json = false;
    bool yes = false;
    bool follow = false;
    bool all = false;
    std::uint64_t from = 1;

    [[nodiscard]] std::string directory() const { return data + "/journal"; }
};

int report_journal(const Error& error) {
    fmt::print(stderr, "cellmon journal: {}\n", error.message);
    return error.code == ErrorCode::corrupt ? kExitVerdict : kExitEnvironment;
}

int inspect(const JournalOptions& options) {
    const auto files = io::make_posix_file_system();
    const auto inspection = journal::inspect(*files, options.directory());
    if (!inspection) return report_journal(inspection.error());
    fmt::print("{}", options.json ? to_json(*inspection) : to_table(*inspection));
    return kExitOk;
}

int verify(const JournalOptions& options) {
    const auto files = io::make_posix_file_system();
    ProgressBar bar("reading");
    const auto verification =
        journal::verify(*files, options.directory(),
                        [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
    bar.clear();
    if (!verification) return report_journal(verification.error());
    fmt::print("{}", options.json ? to_json(*verification) : to_text(*verification));
    return verification->damage ? kExitVerdict : kExitOk;
}

int repair(const JournalOptions& options) {
    const auto files = io::make_posix_file_system();
    ProgressBar bar("reading");
    auto repair = journal::Repair::open(
        *files, options.directory(),
        [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
    bar.clear();
    if (!repair) {
        if (repair.error().code == ErrorCode::locked) {
            fmt::print(stderr, "cellmon journal: a server runs on {}; stop it first\n",
                       options.data);
            return kExitEnvironment;
        }
        return report_journal(repair.error());
    }
    fmt::print("{}", to_text(repair->verification()));
    if (!repair->needed()) {
        fmt::print("Nothing to repair.\n");
        return kExitOk;
    }
    fmt::print("{}", describe_loss(*repair));
    if (!options.yes) {
        fmt::print("Nothing was changed. Repeat with --yes to do it.\n");
        return kExitVerdict;
    }
    const SystemClock clock;
    const auto applied = repair->apply(clock.now_us());
    if (!applied) return report_journal(applied.error());
    fmt::print("Done; the journal is in epoch {}. The files as they were: {}\n",
               applied->identity.epoch, applied->kept_in);
    return kExitOk;
}

/// Lines on their way to standard output. False: nobody reads any more.
class JournalOutput {
  public:
    std::string& buffer() { return buffer_; }

    [[nodiscard]] bool flush() {
        std::string_view rest = buffer_;
        while (!rest.empty()) {
            const ssize_t put = ::write(STDOUT_FILENO, rest.data(), rest.size());
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) {
                error_ = errno;
                return false;
            }
            rest.remove_prefix(static_cast<std::size_t>(put));
        }
        buffer_.clear();
        return true;
    }

    /// `head` that has seen enough is no fault.
    [[nodiscard]] int exit_code() const {
        if (error_ == EPIPE) return kExitOk;
        fmt::print(stderr, "cellmon journal: {}\n",
                   error_from_errno(error_, "write the output").message);
        return kExitEnvironment;
    }

  private:
    std::string buffer_;
    int error_ = 0;
};

int export_events(const JournalOptions& options) {
    const auto files = io::make_posix_file_system();
    const std::string directory = options.directory();
    const auto durable = journal::visible_beside_writer(*files, directory);
    // Without --follow the export ends at what was durable when it began: beside a writer that is
    // faster than this reader it would else never end.
    const std::uint64_t end =
        options.follow ? std::numeric_limits<std::uint64_t>::max() : durable();
    const journal::VisibleThrough visible = [&durable, end] { return std::min(durable(), end); };
    const auto open = [&] { return journal::Reader::open(*files, directory, visible); };
    auto reader = open();
    if (!reader) return report_journal(reader.error());
    if (const auto sought = reader->seek_sequence(options.from); !sought) {
        return report_journal(sought.error());
    }
    JournalOutput output;
    bool reopened = false;
    while (true) {
        const auto entry = reader->next();
        if (entry && *entry) {
            reopened = false;
            if (options.all || (*entry)->header.kind == journal::EntryKind::event) {
                journal::append_export_line(output.buffer(), **entry);
            }
            if (output.buffer().size() < kOutputBytes) continue;
        }
        if (!output.flush()) return output.exit_code();
        if (entry && *entry) continue;
        if (entry && !options.follow) return kExitOk;
        if (!entry) {
            // A server that started meanwhile has put a copy in the place of the open segment.
            if (!options.follow || reopened) return report_journal(entry.error());
            const journal::Cursor cursor = reader->cursor();
            while (visible() < cursor.sequence)
                std::this_thread::sleep_for(kFollowPeriod);
            reader = open();
            if (!reader) return report_journal(reader.error());
            if (const auto sought = reader->seek(cursor); !sought)
                return report_journal(sought.error());
            reopened = true;
        }
        std::this_thread::sleep_for(kFollowPeriod);
    }
}

CLI::App* add(CLI::App& parent, const char* name, const char* description,
              const std::shared_ptr<JournalOptions>& options) {
    CLI::App* command = parent.add_subcommand(name, description);
    command->add_option("--data", options->data, "The server's data folder")
        ->capture_default_str()
        ->check(CLI::ExistingDirectory);
    return command;
}

}  // namespace

void add_journal(CLI::App& app, int& exit_code) {
    CLI::App* parent = app.add_subcommand("journal", "Look into the journal, check it, export it");
    parent->require_subcommand(1);
    parent->footer(kJournalFooter);
    auto options = std::make_shared<JournalOptions>();

    CLI::App* command = add(*parent, "inspect", "Show identity, segments, ids and end", options);
    command->add_flag("--json", options->json, "JSON instead of a table");
    command->callback([options, &exit_code] { exit_code = inspect(*options); });

    command = add(*parent, "verify", "Read everything with all checksums", options);
    command->add_flag("--json", options->json, "JSON instead of text");
    command->callback([options, &exit_code] { exit_code = verify(*options); });

    command = add(*parent, "repair", "Cut a damaged journal at its first damage", options);
    command->add_flag("--yes", options->yes, "Do it; without this it only says what would be lost");
    command->callback([options, &exit_code] { exit_code = repair(*options); });

    command = add(*parent, "export", "Write the events as NDJSON", options);
    command->add_option("--from", options->from, "First sequence")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    command->add_flag("--all", options->all,
                      "Also quarantined items and the server's own records; `kind` tells them");
    command->add_flag("--follow", options->follow, "Go on with what arrives");
    command->callback([options, &exit_code] { exit_code = export_events(*options); });
}

}  // namespace cellmon::cli
