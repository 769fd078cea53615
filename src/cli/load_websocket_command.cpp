#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/random.hpp"
#include "cli/complaint.hpp"
#include "cli/exit_code.hpp"
#include "cli/load_commands.hpp"
#include "cli/open_files.hpp"
#include "cli/progress_bar.hpp"
#include "cli/stop_signals.hpp"
#include "config/load.hpp"
#include "harness/sockets/socket_run.hpp"

namespace cellmon::cli {
using namespace harness;  // NOLINT: the command is written in the words of the test system
namespace {

constexpr const char* kLoadWebsocketFooter = R"(Examples:
  a class of 100 dashboards for a minute:
    cellmon load websocket --url ws://127.0.0.1:8000/api/v1/live --clients 100 --seconds 60 --follow live
  2,000 of them, some of whom never read and some of whom vanish:
    cellmon load websocket --url ws://127.0.0.1:8000/api/v1/live --clients 2000 --deaf 100 --vanish 100 --seconds 20 --follow live
  until each has come to event 5000, with the time of each message at each client:
    cellmon load websocket --url ws://127.0.0.1:8000/api/v1/live --sequence 5000 --follow live --samples received.ndjson
  any other WebSocket, until each client has got 1000 messages:
    cellmon load websocket --url ws://127.0.0.1:9000/socket --messages 1000 --json

Exit status: 0 all connected, all that listen alive, in order, and at the goal · 1 something of that is not so
· 2 wrong arguments · 3 too few open files allowed, no such host, samples cannot be written)";

struct LoadWebsocketOptions {
    std::string url = "ws://127.0.0.1:8000/api/v1/live";
    std::string token;
    std::string follow;
    double seconds = 60;
    bool json = false;
    SocketOptions run;
};

Result<int> run_load_websocket(const LoadWebsocketOptions& options) {
    const SystemClock clock;
    SystemRandom random;
    SocketOptions run = options.run;
    run.follow_live = options.follow == "live";
    run.duration_us = static_cast<std::int64_t>(options.seconds * 1e6);
    CELLMON_TRY_ASSIGN(SocketTarget target, SocketTarget::parse(options.url));
    CELLMON_TRY(target.endpoint.authorize(options.token));
    CELLMON_TRY(run.check());
    CELLMON_TRY(allow_open_files(run.clients, "clients"));
    const StopSignals signals;
    ProgressBar bar("receiving");
    CELLMON_TRY_ASSIGN(
        const auto figures,
        run_sockets(target, run,
                    {clock, random, [&] { return signals.arrived(); },
                     [&](const SocketProgress& progress) {
                         constexpr std::uint64_t kWhole = 1'000;
                         const auto done = static_cast<std::uint64_t>(
                             std::min(1.0, progress.fraction) * static_cast<double>(kWhole));
                         bar.show(done, kWhole,
                                  fmt::format("{} of {} open, {} messages", progress.open,
                                              run.clients, progress.messages));
                     }}));
    bar.clear();
    std::cout << (options.json ? json_of(*figures) + "\n" : table_of(*figures)) << std::flush;
    if (signals.arrived()) std::cerr << "cellmon load: stopped on request\n";
    return figures->hold() ? kExitOk : kExitVerdict;
}

}  // namespace

void add_load_websocket(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<LoadWebsocketOptions>();
    CLI::App* command =
        parent.add_subcommand("websocket", "Receive on many WebSockets and judge what comes");
    command->footer(kLoadWebsocketFooter);
    SocketOptions& run = options->run;
    command->add_option("--url", options->url, "WebSocket of the server, ws://host[:port]/path")
        ->capture_default_str();
    command
        ->add_option("--token", options->token,
                     "Token of an account, where the server asks for one; better in the "
                     "environment, as a command line can be read by all users of the machine")
        ->envname(std::string(config::kTokenVariable));
    command->add_option("--clients", run.clients, "Connections")->capture_default_str();
    command->add_option("--deaf", run.deaf, "So many of them read nothing behind the handshake");
    command->add_option(
        "--vanish", run.vanish,
        "So many of them leave without a word in the first half of the time: half of "
        "these by a reset, half by reading and answering no more");
    command->add_option("--seconds", options->seconds, "The run is over then at the latest")
        ->capture_default_str();
    command->add_option("--messages", run.messages,
                        "Over when each that listens has got so many; fewer are a failure");
    command->add_option("--sequence", run.sequence,
                        "Over when each that listens has come to this sequence (--follow live)");
    command
        ->add_option("--follow", options->follow,
                     "The rules that the messages keep; live: docs/reference/live.md")
        ->check(CLI::IsMember({"live"}));
    command->add_option("--samples", run.samples,
                        "File that gets who received which sequence when, NDJSON (--follow live)");
    command->add_flag("--json", options->json, "Print the figures as JSON, with each client's");
    command->callback([options, &exit_code] {
        const auto result = run_load_websocket(*options);
        exit_code = result ? *result : complain("load", result.error());
    });
}

}  // namespace cellmon::cli
