#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "config/load.hpp"
#include "harness/audit/audit.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kFooter = R"(Examples:
  cellmon audit --data ./data --ledger class.ndjson
  cellmon audit --server http://127.0.0.1:8000 --ledger class.ndjson --allow-others

Reads the journal by its documented format and the rows of the database, never the server's counters.
Exit status: 0 every promise holds · 1 a promise is broken or a store is damaged · 2 wrong arguments · 3 ledger or store cannot be read)";

struct Options {
    std::string data;
    std::string server;
    std::string token;
    std::string ledger;
    std::string wait = "30s";
    bool allow_others = false;
    bool json = false;
};

Result<int> audit(const Options& options) {
    const SystemClock clock;
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
    if (!options.data.empty() && std::getenv("CELLMON_POSTGRES_URL") != nullptr) {
        return fail(ErrorCode::invalid,
                    "the rows lie in PostgreSQL (CELLMON_POSTGRES_URL), which this audit cannot "
                    "read; use --server, which judges what a running server exports");
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

int status_of(const Error& error) {
    std::cerr << "cellmon audit: " << error.message << '\n';
    // A store that contradicts its own format has broken the promise; one that is not there has not
    // been asked.
    if (error.code == ErrorCode::corrupt) return kExitVerdict;
    return error.code == ErrorCode::invalid ? kExitUsage : kExitEnvironment;
}

}  // namespace

void add_audit(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("audit", "Check what is stored against a ledger of what was promised");
    command->footer(kFooter);
    command->add_option("--data", options->data,
                        "Data directory: reads DATA/journal and DATA/relational.db");
    command->add_option("--server", options->server, "URL of a running server: reads its export");
    command
        ->add_option(
            "--token", options->token,
            "Token of an account that may export, where the server asks for one; better in "
            "the environment, as a command line can be read by all users of the machine")
        ->envname(std::string(config::kTokenVariable));
    command->add_option("--ledger", options->ledger, "Ledger written by cellmon simulate")
        ->required();
    command->add_flag("--allow-others", options->allow_others,
                      "Events that the ledger does not know are no phantoms");
    command
        ->add_option("--wait", options->wait,
                     "How long the projections of a running server may take to catch up")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print the result as JSON");
    command->callback([options, &exit_code] {
        const auto result = audit(*options);
        exit_code = result ? *result : status_of(result.error());
    });
}

}  // namespace cellmon::cli
