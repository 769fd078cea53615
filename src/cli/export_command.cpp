#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/random.hpp"
#include "classroom/schema.hpp"
#include "cli/classroom_place.hpp"
#include "cli/commands.hpp"
#include "cli/complaint.hpp"
#include "cli/progress_bar.hpp"
#include "cli/store_options.hpp"
#include "exporting/export.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kExportFooter = R"(Examples:
  cellmon export --data ./data --out export
  cellmon export --data ./data --pseudonyms --class CS-101 --from 2026-04-01 --to 2026-09-30 --format sqlite --out research
  CELLMON_POSTGRES_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE cellmon export --data ./data --format ndjson --out export

May run beside a server. The folder is there when all of it is on the disk, and never replaces another one; README.md and README.ja.md in
it say what each column means. Of the key of pseudonyms make a copy at a safe place: without it later exports have other pseudonyms.
What pseudonyms promise, and what not: docs/reference/privacy.md. Exit status: 0 written · 2 wrong arguments · 3 it could not be read or written)";

struct ExportCommandOptions {
    StoreOptions stores;
    std::string format = "csv";
    bool pseudonyms = false;
    std::string key_file;
    std::string class_code;
    std::string from;
    std::string to;
    std::string out;
};

/// A date, of which the first moment counts, or a time.
Result<TimeUs> time_of(const std::string& text, std::string_view flag) {
    constexpr std::size_t kDateBytes = 10;
    const bool is_date = text.size() == kDateBytes;
    const auto time = parse_time(is_date ? text + "T00:00:00Z" : text);
    if (!time) {
        return fail(ErrorCode::invalid, fmt::format("{} {}: a date like 2026-04-01, or a time like "
                                                    "2026-04-01T09:00:00+09:00, is needed",
                                                    flag, text));
    }
    return *time;
}

Result<void> read_times(const ExportCommandOptions& options, exporting::ExportOptions& wanted) {
    if (!options.from.empty()) {
        CELLMON_TRY_ASSIGN(wanted.from_us, time_of(options.from, "--from"));
    }
    if (options.to.empty()) return {};
    CELLMON_TRY_ASSIGN(TimeUs to_us, time_of(options.to, "--to"));
    // The last day belongs to it.
    constexpr std::size_t kDateBytes = 10;
    if (options.to.size() == kDateBytes) to_us += kDayUs;
    wanted.before_us = to_us;
    return {};
}

Result<void> read_pseudonyms(const ExportCommandOptions& options, io::FileSystem& files,
                             exporting::ExportOptions& wanted) {
    if (!options.pseudonyms) {
        if (options.key_file.empty()) return {};
        return fail(ErrorCode::invalid, "--key-file is for --pseudonyms");
    }
    const std::string path =
        options.key_file.empty() ? options.stores.data + "/pseudonyms.key" : options.key_file;
    std::error_code error;
    const auto key = std::filesystem::weakly_canonical(path, error);
    const auto out = std::filesystem::weakly_canonical(options.out, error);
    if (std::mismatch(out.begin(), out.end(), key.begin(), key.end()).first == out.end()) {
        return fail(ErrorCode::invalid,
                    "--key-file lies within --out: whoever gets the export would have the key");
    }
    SystemRandom random;
    CELLMON_TRY_ASSIGN(wanted.pseudonyms, exporting::Pseudonyms::open(path, files, random));
    return {};
}

exporting::Format format_named(const std::string& name) {
    if (name == "sqlite") return exporting::Format::sqlite;
    return name == "ndjson" ? exporting::Format::ndjson : exporting::Format::csv;
}

Result<int> run_export(const ExportCommandOptions& options) {
    const auto files = io::make_posix_file_system();
    exporting::ExportOptions wanted;
    wanted.format = format_named(options.format);
    wanted.folder = options.out;
    if (!options.class_code.empty()) wanted.class_code = options.class_code;
    CELLMON_TRY(read_times(options, wanted));
    CELLMON_TRY_ASSIGN(const auto journal, open_journal(options.stores, *files));
    CELLMON_TRY_ASSIGN(const auto place, open_classroom(options.stores, *files));
    CELLMON_TRY(read_pseudonyms(options, *files, wanted));
    constexpr std::uint64_t kWhole = 1'000;
    ProgressBar bar("exporting");
    const auto summary =
        exporting::write_export(wanted, *journal, place ? place->database.get() : nullptr, *files,
                                [&bar](std::uint64_t done) { bar.show(done, kWhole); });
    bar.clear();
    if (!summary) return fail(summary.error());
    std::string counts;
    for (std::size_t i = 0; i < exporting::kTableCount; ++i) {
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", summary->rows[i],
                              exporting::tables()[i].name);
    }
    fmt::print("{}: {}, through sequence {}.\n", options.out, counts, summary->through_sequence);
    if (summary->unreadable > 0) {
        fmt::print(stderr, "cellmon export: {} events could not be read and are left out\n",
                   summary->unreadable);
    }
    return kExitOk;
}

}  // namespace

void add_export(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand(
        "export", "Write events, runs, help and submissions as tables, also with pseudonyms");
    command->footer(kExportFooter);
    auto options = std::make_shared<ExportCommandOptions>();
    add_data_option(*command, options->stores);
    add_postgres_option(*command, options->stores);
    command->add_option("--format", options->format, "Of the tables")
        ->capture_default_str()
        ->check(CLI::IsMember({"csv", "ndjson", "sqlite"}));
    command->add_flag("--pseudonyms", options->pseudonyms, "Put pseudonyms in the place of people");
    command->add_option("--key-file", options->key_file,
                        "The key of pseudonyms; it is made when there is none. Without this "
                        "DATA/pseudonyms.key");
    command->add_option("--class", options->class_code, "Only events of this class, by its code");
    command->add_option("--from", options->from, "Only from this day, or moment, on; UTC");
    command->add_option("--to", options->to, "Only through this day, or before this moment; UTC");
    command->add_option("--out", options->out, "The folder to make")->required();
    command->callback([options, &exit_code] {
        const auto done = run_export(*options);
        exit_code = done ? *done : complain("export", done.error());
    });
}

}  // namespace cellmon::cli
