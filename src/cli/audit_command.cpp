#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/store_audit.hpp"
#include "config/load.hpp"
#include "harness/audit/audit.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kAuditFooter = R"(Examples:
  cellmon audit --data ./data
  cellmon audit --data ./data --deep --influx http://127.0.0.1:8086 --redis redis://127.0.0.1
  CELLMON_POSTGRES_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE cellmon audit --data ./data --repair
  cellmon audit --data ./data --ledger class.ndjson
  cellmon audit --server http://127.0.0.1:8000 --ledger class.ndjson --allow-others

Without a ledger: compares each store that is named with the journal, beside a running server or without one. Sums of
ranges first, which the store computes; only the rows of ranges that differ are read.
With a ledger: reads the journal by its documented format and the rows of the database, never the server's counters.
Exit status: 0 every promise holds · 1 a promise is broken or a store is damaged · 2 wrong arguments · 3 ledger or store cannot be read)";

struct AuditOptions {
    StoreAuditOptions stores;  ///< Without a ledger.
    std::string data;
    std::string server;
    std::string token;
    std::string ledger;
    std::string wait = "30s";
    bool allow_others = false;
    bool json = false;
};

Result<int> run_audit(const AuditOptions& options) {
    const SystemClock clock;
    if (options.ledger.empty()) {
        if (!options.server.empty()) {
            return fail(ErrorCode::invalid,
                        "--server needs a --ledger; --data compares the stores");
        }
        StoreAuditOptions stores = options.stores;
        if (!options.data.empty()) stores.stores.data = options.data;
        stores.json = options.json;
        return audit_stores(stores);
    }
    if (options.stores.deep || options.stores.repair) {
        return fail(ErrorCode::invalid,
                    "--deep and --repair compare the stores, without a --ledger");
    }
    harness::AuditOptions bounds;
    bounds.others_allowed = options.allow_others;
    std::size_t used = 0;
    double wait_s = -1;
    try {
        wait_s = std::stod(options.wait, &used);
    } catch (const std::exception&) {
        used = 0;
    }
    const std::string unit = options.wait.substr(used);
    if (used == 0 || wait_s < 0 || wait_s > 86'400 || (!unit.empty() && unit != "s")) {
        return fail(ErrorCode::invalid, "--wait is a number of seconds, like 30s");
    }
    bounds.wait_us = static_cast<std::int64_t>(wait_s * 1e6);
    if (options.data.empty() == options.server.empty()) {
        return fail(ErrorCode::invalid, "one of --data and --server is needed");
    }
    // A file that an earlier server left would be judged in place of the rows.
    if (!options.data.empty() && !options.stores.stores.postgres.empty()) {
        return fail(ErrorCode::invalid,
                    "the rows lie in PostgreSQL (CELLMON_POSTGRES_URL), which a ledger is not held "
                    "against; use --server, which judges what a running server exports, or no "
                    "--ledger, which compares the rows with the journal");
    }
    auto ledger = harness::Ledger::read(options.ledger);
    if (!ledger) {
        std::cerr << "cellmon audit: " << ledger.error().message << '\n';
        return kExitEnvironment;
    }
    Result<harness::AuditReport> report;
    if (options.server.empty()) {
        report = harness::audit_folder(options.data, *ledger, bounds, clock);
    } else {
        CELLMON_TRY_ASSIGN(auto endpoint, harness::Endpoint::parse(options.server));
        CELLMON_TRY(endpoint.authorize(options.token));
        report = harness::audit_server(endpoint, *ledger, bounds, clock);
    }
    if (!report) return fail(report.error());
    std::cout << (options.json ? harness::json_of(*report) + "\n" : harness::table_of(*report))
              << std::flush;
    return report->clean() ? kExitOk : kExitVerdict;
}

int audit_status(const Error& error) {
    std::cerr << "cellmon audit: " << error.message << '\n';
    // A store that contradicts its own format has broken the promise; one that is not there has not
    // been asked.
    if (error.code == ErrorCode::corrupt) return kExitVerdict;
    return error.code == ErrorCode::invalid ? kExitUsage : kExitEnvironment;
}

}  // namespace

void add_audit(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<AuditOptions>();
    CLI::App* command = app.add_subcommand(
        "audit", "Check what is stored against the journal, or a ledger of what was promised");
    command->footer(kAuditFooter);
    command->add_option(
        "--data", options->data,
        "Data directory: reads DATA/journal and DATA/relational.db (default: ./data)");
    command->add_option("--server", options->server, "URL of a running server: reads its export");
    command
        ->add_option(
            "--token", options->token,
            "Token of an account that may export, where the server asks for one; better in "
            "the environment, as a command line can be read by all users of the machine")
        ->envname(std::string(config::kTokenVariable));
    command->add_option("--ledger", options->ledger,
                        "Ledger written by cellmon simulate: what was promised; without it the "
                        "stores are compared with the journal");
    command->add_flag("--deep", options->stores.deep,
                      "Hash what the rows say, instead of trusting the hash beside them");
    command->add_flag("--repair", options->stores.repair,
                      "Project again what a deep audit finds, beside a running server");
    add_postgres_option(*command, options->stores.stores);
    add_influx_options(*command, options->stores.stores);
    add_redis_option(*command, options->stores.stores);
    command->add_flag("--allow-others", options->allow_others,
                      "Events that the ledger does not know are no phantoms");
    command
        ->add_option("--wait", options->wait,
                     "How long the projections of a running server may take to catch up")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print the result as JSON");
    command->callback([options, &exit_code] {
        const auto result = run_audit(*options);
        exit_code = result ? *result : audit_status(result.error());
    });
}

}  // namespace cellmon::cli
