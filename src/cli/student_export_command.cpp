#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/complaint.hpp"
#include "cli/progress_bar.hpp"
#include "cli/store_options.hpp"
#include "cli/student_subcommands.hpp"
#include "exporting/person_export.hpp"
#include "sql/connection.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kStudentExportFooter = R"(Examples:
  cellmon student export taro@example.com --data ./data --out taro
  CELLMON_POSTGRES_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE cellmon student export taro@example.com --data ./data --out taro

Everything that is stored of the person: the journal's events, the rows made from them, the classroom's rows, live state and progress. Open
index.html (English) or index.ja.html (日本語); the other files are for programs. May run beside a server; who may read the data folder may do
it. PostgreSQL is that of the option, the environment or cellmon.toml.
Exit status: 0 written · 2 wrong arguments · 3 nothing is stored, or it could not be read or written, or no rows were there)";

/// Both databases may be at work; what reads much is waited for.
constexpr std::chrono::milliseconds kStudentPatience = std::chrono::minutes(5);

struct StudentExportOptions {
    StoreOptions stores;
    std::string email;
    std::string out;
};

/// Where the tables of events lie in PostgreSQL (docs/reference/relational-schema.md).
constexpr std::string_view kRelationalSchema =
    "SELECT CASE WHEN coalesce(current_schema(), 'public') = 'public' THEN 'relational' "
    "ELSE quote_ident(current_schema() || '_relational') END";

/// The connections of one export; a database that is not there has none.
struct PersonPlaces {
    std::unique_ptr<sql::Connection> classroom;
    std::unique_ptr<sql::Connection> relational;
    std::string relational_schema;
};

Result<std::unique_ptr<sql::Connection>> existing_sqlite(io::FileSystem& files,
                                                         const std::string& path) {
    CELLMON_TRY_ASSIGN(const bool exists, files.exists(path));
    if (!exists) return nullptr;
    return sql::open_sqlite(path, kStudentPatience);
}

Result<PersonPlaces> open_places(const StoreOptions& options, io::FileSystem& files) {
    PersonPlaces places;
    if (options.postgres.empty()) {
        CELLMON_TRY_ASSIGN(places.classroom,
                           existing_sqlite(files, options.data + "/classroom.db"));
        CELLMON_TRY_ASSIGN(places.relational,
                           existing_sqlite(files, options.data + "/relational.db"));
        return places;
    }
    CELLMON_TRY(sql::check_postgres_url(options.postgres));
    CELLMON_TRY_ASSIGN(places.classroom, sql::connect_postgres(options.postgres, kStudentPatience));
    CELLMON_TRY_ASSIGN(places.relational,
                       sql::connect_postgres(options.postgres, kStudentPatience));
    CELLMON_TRY_ASSIGN(const auto schema, places.relational->run(kRelationalSchema));
    places.relational_schema = schema.front().text(0);
    return places;
}

Result<int> run_student_export(StudentExportOptions options) {
    const auto files = io::make_posix_file_system();
    const SystemClock clock;
    if (options.stores.postgres.empty()) {
        CELLMON_TRY_ASSIGN(const auto config, config_of(options.stores.data));
        options.stores.postgres = config.classroom.postgres_url;
    }
    CELLMON_TRY_ASSIGN(const auto journal, open_journal(options.stores, *files));
    CELLMON_TRY_ASSIGN(const PersonPlaces places, open_places(options.stores, *files));
    constexpr std::uint64_t kWhole = 1'000;
    ProgressBar bar("reading");
    const auto summary = exporting::export_person(
        options.email,
        {*journal, places.classroom.get(), places.relational.get(), places.relational_schema},
        options.out, *files, clock, [&bar](std::uint64_t done) { bar.show(done, kWhole); });
    bar.clear();
    if (!summary) return fail(summary.error());
    fmt::print("{}: {} events, {} rows in {} files. Open {}/index.html or {}/index.ja.html.\n",
               options.out, summary->events, summary->rows, summary->files.size(), options.out,
               options.out);
    if (summary->removed > 0) {
        fmt::print(
            "The journal does not keep the content of its oldest {} entries any more (retention): "
            "whose they are nobody can tell.\n",
            summary->removed);
    }
    if (places.classroom || places.relational) return kExitOk;
    fmt::print(
        stderr,
        "cellmon student export: {} has no rows of the classroom, so none are in the export. "
        "If its server keeps them in PostgreSQL, name it as for the server "
        "(CELLMON_POSTGRES_URL), and export again\n",
        options.stores.data);
    return kExitEnvironment;
}

}  // namespace

void add_student_export(CLI::App& parent, int& exit_code) {
    CLI::App* command =
        parent.add_subcommand("export", "Write all that is stored of one person into a folder");
    command->footer(kStudentExportFooter);
    auto options = std::make_shared<StudentExportOptions>();
    command->add_option("email", options->email, "The person's address")->required();
    add_data_option(*command, options->stores);
    add_postgres_option(*command, options->stores);
    command->add_option("--out", options->out, "The folder to make")->required();
    command->callback([options, &exit_code] {
        const auto done = run_student_export(*options);
        exit_code = done ? *done : complain("student export", done.error());
    });
}

}  // namespace cellmon::cli
