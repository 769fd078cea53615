#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress_bar.hpp"
#include "cli/store_options.hpp"
#include "io/file_system.hpp"
#include "sinks/influxdb/connection.hpp"
#include "sinks/influxdb/forget.hpp"
#include "sinks/redis/audited_stream.hpp"
#include "sinks/relational/rebuild.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kRebuildFooter = R"(Examples:
  cellmon rebuild relational --data ./data
  cellmon rebuild relational --data ./data --accept-difference
  CELLMON_POSTGRES_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE cellmon rebuild relational --data ./data
  CELLMON_INFLUX_PASSWORD=PASSWORD cellmon rebuild timeseries --data ./data --influx http://127.0.0.1:8086 --influx-user cellmon
  CELLMON_REDIS_URL=redis://:PASSWORD@127.0.0.1 cellmon rebuild bus --data ./data

May run beside a server, which goes on taking and projecting events. What would need content that retention has removed is refused before anything is touched. Exit status: 0 switched, or made anew · 1 the digests differ (of tables nothing was changed then) · 2 wrong arguments · 3 it could not be done.)";

struct RebuildOptions {
    StoreOptions stores;
    bool accept_difference = false;
};

int report_rebuild(const Error& error) {
    fmt::print(stderr, "cellmon rebuild: {}\n", error.message);
    return kExitEnvironment;
}

int rebuild_relational(const RebuildOptions& options) {
    const auto files = io::make_posix_file_system();
    const auto source = open_journal(options.stores, *files);
    if (!source) return report_rebuild(source.error());
    const auto store = relational_store(options.stores, *files, false);
    relational::RebuildOptions rebuild;
    rebuild.accept_difference = options.accept_difference;
    ProgressBar bar("building");
    const auto rebuilt = relational::rebuild_relational(
        *store, **source, rebuild,
        [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
    bar.clear();
    if (!rebuilt) return report_rebuild(rebuilt.error());
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

int rebuild_timeseries(const StoreOptions& stores) {
    const influxdb::ConnectionOptions& options = stores.influx;
    const auto files = io::make_posix_file_system();
    auto source = open_journal(stores, *files);
    if (!source) {
        Error error = source.error();
        if (error.code == ErrorCode::not_found) {
            error.message +=
                ": --data names the server's data folder, from whose journal the points can be "
                "written again";
        }
        return report_rebuild(error);
    }
    if (auto kept = (*source)->require_kept(1); !kept) return report_rebuild(kept.error());
    if (auto usable = influxdb::check(options); !usable) return report_rebuild(usable.error());
    influxdb::Interrupter interrupter;
    influxdb::Connection connection(options, interrupter);
    if (auto forgotten = influxdb::forget_points(connection); !forgotten) {
        return report_rebuild(forgotten.error());
    }
    fmt::print(
        "The points in InfluxDB's database {} are gone. A server that runs writes all of them anew "
        "from within ten seconds on, another one from its next start; GET /api/v1/projections "
        "shows how far it is.\n",
        options.database);
    return kExitOk;
}

int rebuild_bus(const StoreOptions& options) {
    const auto files = io::make_posix_file_system();
    const auto source = open_journal(options, *files);
    if (!source) return report_rebuild(source.error());
    const journal::Cursor beginning = (*source)->beginning();
    redis::AuditedStream before(options.redis);
    const auto view = before.open(beginning);
    if (!view) return report_rebuild(view.error());
    // What the stream holds and the journal cannot give again would be lost with it.
    if (auto kept = (*source)->require_kept(view->first); !kept)
        return report_rebuild(kept.error());
    const auto filled = before.make_anew();
    if (!filled) return report_rebuild(filled.error());
    if (!*filled) {
        fmt::print(
            "The stream in Redis is gone; no server has filled it anew yet. One that runs does so "
            "at once, another one when it starts.\n");
        return kExitOk;
    }
    redis::AuditedStream after(options.redis);
    const auto anew = after.open(beginning);
    if (!anew) return report_rebuild(anew.error());
    // What both hold: events come in at one end meanwhile, and old ones go at the other.
    const std::uint64_t first = std::max(view->first, anew->first);
    const redis::StreamDigest digest = after.digest(first, view->through);
    const bool equal = digest == before.digest(first, view->through);
    fmt::print("Made anew from the journal: sequences {} to {}, {} entries, {}.\n", anew->first,
               anew->through, digest.entries,
               equal ? "digests equal" : "which differ from what was there; the journal is right");
    return equal ? kExitOk : kExitVerdict;
}

void add_bus(CLI::App& parent, RebuildOptions& options, int& exit_code) {
    CLI::App* command = parent.add_subcommand(
        "bus", "Delete the stream in Redis, so that a server that runs fills it anew");
    add_data_option(*command, options.stores);
    add_redis_option(*command, options.stores)->required();
    command->callback([&options, &exit_code] { exit_code = rebuild_bus(options.stores); });
}

void add_timeseries(CLI::App& parent, RebuildOptions& options, int& exit_code) {
    CLI::App* command = parent.add_subcommand(
        "timeseries", "Drop the points in InfluxDB, so that the server writes all of them anew");
    add_data_option(*command, options.stores);
    add_influx_options(*command, options.stores)->required();
    command->callback([&options, &exit_code] { exit_code = rebuild_timeseries(options.stores); });
}

}  // namespace

void add_rebuild(CLI::App& app, int& exit_code) {
    CLI::App* parent = app.add_subcommand("rebuild", "Build what is made from the journal anew");
    parent->require_subcommand(1);
    parent->footer(kRebuildFooter);
    auto options = std::make_shared<RebuildOptions>();
    CLI::App* command = parent->add_subcommand(
        "relational", "Build the event tables in a shadow and switch when the digests are equal");
    add_data_option(*command, options->stores);
    add_postgres_option(*command, options->stores);
    command->add_flag("--accept-difference", options->accept_difference,
                      "Switch also when the digests differ");
    command->callback([options, &exit_code] { exit_code = rebuild_relational(*options); });
    add_timeseries(*parent, *options, exit_code);
    add_bus(*parent, *options, exit_code);
}

}  // namespace cellmon::cli
