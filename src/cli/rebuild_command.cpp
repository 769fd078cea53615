#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress_bar.hpp"
#include "io/file_system.hpp"
#include "projection/journal_source.hpp"
#include "sinks/influxdb/connection.hpp"
#include "sinks/influxdb/forget.hpp"
#include "sinks/postgres/store.hpp"
#include "sinks/relational/rebuild.hpp"
#include "sinks/sqlite/store.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kFooter = R"(Examples:
  cellmon rebuild relational --data ./data
  cellmon rebuild relational --data ./data --accept-difference
  CELLMON_POSTGRES_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE cellmon rebuild relational --data ./data
  CELLMON_INFLUX_PASSWORD=PASSWORD cellmon rebuild timeseries --influx http://127.0.0.1:8086 --influx-user cellmon

May run beside a server, which goes on taking and projecting events. Exit status: 0 switched · 1 the digests differ and nothing was changed · 2 wrong arguments · 3 it could not be done.)";

struct Options {
    std::string data = "./data";
    std::string postgres;
    bool accept_difference = false;
    influxdb::ConnectionOptions influx;
};

/// For each answer of PostgreSQL; the comparison reads all rows of a table for one.
constexpr std::chrono::milliseconds kPostgresTimeout = std::chrono::hours(1);

std::unique_ptr<relational::Store> store_of(const Options& options, io::FileSystem& files) {
    if (options.postgres.empty()) {
        return sqlite::make_store(files, options.data + "/relational.db", {});
    }
    postgres::ConnectionOptions connection;
    connection.url = options.postgres;
    connection.timeout = kPostgresTimeout;
    return postgres::make_store(std::move(connection));
}

int report(const Error& error) {
    fmt::print(stderr, "cellmon rebuild: {}\n", error.message);
    return kExitEnvironment;
}

int rebuild_relational(const Options& options) {
    const auto files = io::make_posix_file_system();
    const std::string directory = options.data + "/journal";
    const auto visible = journal::visible_beside_writer(*files, directory);
    auto reader = journal::Reader::open(*files, directory, visible);
    if (!reader) return report(reader.error());
    // A rebuild goes as far as the store has come, which is durable: it never waits.
    projection::JournalSource source(
        std::move(*reader), visible,
        [](std::uint64_t, std::chrono::milliseconds, const std::stop_token&) {});
    const auto store = store_of(options, *files);
    relational::RebuildOptions rebuild;
    rebuild.accept_difference = options.accept_difference;
    ProgressBar bar("building");
    const auto rebuilt = relational::rebuild_relational(
        *store, source, rebuild,
        [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
    bar.clear();
    if (!rebuilt) return report(rebuilt.error());
    const auto events = rebuilt->digest.tables.at("events").rows;
    if (!rebuilt->switched) {
        fmt::print(
            "The tables built from the journal through sequence {} differ in: {}.\nNothing was "
            "changed. The journal is right; repeat with --accept-difference to switch.\n",
            rebuilt->sequence, rebuilt->differences);
        return kExitVerdict;
    }
    fmt::print(
        "Switched to tables built from the journal through sequence {}: {} events, {}.\n",
        rebuilt->sequence, events,
        rebuilt->differences.empty() ? "digests equal" : "differed in: " + rebuilt->differences);
    return kExitOk;
}

int rebuild_timeseries(const influxdb::ConnectionOptions& options) {
    if (auto usable = influxdb::check(options); !usable) return report(usable.error());
    influxdb::Interrupter interrupter;
    influxdb::Connection connection(options, interrupter);
    if (auto forgotten = influxdb::forget_points(connection); !forgotten) {
        return report(forgotten.error());
    }
    fmt::print(
        "The points in InfluxDB's database {} are gone. A server that runs writes all of them anew "
        "from within ten seconds on, another one from its next start; GET /api/v1/projections "
        "shows how far it is.\n",
        options.database);
    return kExitOk;
}

void add_timeseries(CLI::App& parent, Options& options, int& exit_code) {
    CLI::App* command = parent.add_subcommand(
        "timeseries", "Drop the points in InfluxDB, so that the server writes all of them anew");
    influxdb::ConnectionOptions& influx = options.influx;
    const auto option = [&](const char* flag, std::string& value, const char* variable,
                            const char* text) {
        return command->add_option(flag, value, text)->envname(variable);
    };
    option("--influx", influx.url, "CELLMON_INFLUX_URL", "The server's influx.url")->required();
    option("--influx-database", influx.database, "CELLMON_INFLUX_DATABASE", "Its influx.database")
        ->capture_default_str();
    option("--influx-user", influx.user, "CELLMON_INFLUX_USER", "A user who may drop measurements");
    option("--influx-password", influx.password, "CELLMON_INFLUX_PASSWORD",
           "That user's password; other users can read it here, the variable is safer");
    option("--influx-token", influx.token, "CELLMON_INFLUX_TOKEN",
           "A token instead; the variable is safer");
    command->callback([&options, &exit_code] { exit_code = rebuild_timeseries(options.influx); });
}

}  // namespace

void add_rebuild(CLI::App& app, int& exit_code) {
    CLI::App* parent = app.add_subcommand("rebuild", "Build what is made from the journal anew");
    parent->require_subcommand(1);
    parent->footer(kFooter);
    auto options = std::make_shared<Options>();
    CLI::App* command = parent->add_subcommand(
        "relational", "Build the event tables in a shadow and switch when the digests are equal");
    command->add_option("--data", options->data, "The server's data folder")
        ->capture_default_str()
        ->check(CLI::ExistingDirectory);
    command
        ->add_option("--postgres", options->postgres,
                     "The server's postgres.url; other users of the machine can read it here, the "
                     "variable is safer")
        ->envname("CELLMON_POSTGRES_URL");
    command->add_flag("--accept-difference", options->accept_difference,
                      "Switch also when the digests differ");
    command->callback([options, &exit_code] { exit_code = rebuild_relational(*options); });
    add_timeseries(*parent, *options, exit_code);
}

}  // namespace cellmon::cli
