#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/mention.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress_bar.hpp"
#include "cli/student_subcommands.hpp"
#include "config/load.hpp"
#include "erasure/eraser.hpp"
#include "io/file_system.hpp"
#include "journal/inspect.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kEraseFooter = R"(Examples:
  cellmon student erase taro@example.com --data ./data
  cellmon student erase taro@example.com --data /var/lib/cellmon --yes --wait 600
  CELLMON_POSTGRES_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE cellmon student erase taro@example.com --data ./data --yes

A server that runs on the folder does it, with the stores that it uses, and pauses for that; without one this command does it,
with the stores that cellmon.toml and the environment name. It cannot be undone. docs/guide/data-protection.md says what stays.
Exit status: 0 erased · 2 wrong arguments, or not confirmed · 3 it could not be done, or is not done yet)";

constexpr std::chrono::milliseconds kBetweenAsking{200};

struct EraseOptions {
    std::string email;
    std::string data = "./data";
    bool yes = false;
    unsigned wait_s = 300;
};

int report_erase(const Error& error) {
    fmt::print(stderr, "cellmon student erase: {}\n", error.message);
    return error.code == ErrorCode::invalid ? kExitUsage : kExitEnvironment;
}

/// Whoever sits at a terminal writes the address once more.
bool is_confirmed(const EraseOptions& options) {
    if (options.yes) return true;
    if (::isatty(STDIN_FILENO) != 1) {
        fmt::print(stderr,
                   "cellmon student erase: this cannot be undone; add --yes to do it without a "
                   "question\n");
        return false;
    }
    fmt::print(stderr,
               "Everything of {} is removed from {} and its stores. This cannot be undone.\nWrite "
               "the address again to go on: ",
               options.email, options.data);
    std::string answer;
    std::getline(std::cin, answer);
    if (small_letters(answer) == small_letters(options.email)) return true;
    fmt::print(stderr, "cellmon student erase: not the same address; nothing was changed\n");
    return false;
}

int tell(const erasure::Tombstone& done) {
    fmt::print("Erased: {} payloads of the journal through sequence {} (erasure {}).\n",
               done.payloads, done.through, done.id.to_string());
    if (done.mentions > 0) {
        fmt::print(
            "{} events of others mention the address and stay; 'cellmon student search' says "
            "where.\n",
            done.mentions);
    }
    return kExitOk;
}

/// A server is at work on the folder and does it.
int await(erasure::Requests& requests, const erasure::Request& request, unsigned wait_s) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(wait_s);
    while (true) {
        const auto done = requests.find_done(request.id);
        if (!done) return report_erase(done.error());
        if (*done) return tell(**done);
        if (std::chrono::steady_clock::now() >= until) break;
        std::this_thread::sleep_for(kBetweenAsking);
    }
    fmt::print(stderr,
               "cellmon student erase: asked for (erasure {}), but the server that runs on this "
               "folder has not done it within {} s; it goes on by itself, its log says how far it "
               "is\n",
               request.id.to_string(), wait_s);
    return kExitEnvironment;
}

int erase(const EraseOptions& options) {
    if (const auto good = erasure::check_address(options.email); !good) {
        return report_erase(good.error());
    }
    const auto config = config_of(options.data);
    if (!config) return report_erase(config.error());
    if (!is_confirmed(options)) return kExitUsage;
    const auto files = io::make_posix_file_system();
    const SystemClock clock;
    SystemRandom random;
    erasure::Requests requests(*files, options.data);
    const auto request = requests.ask(options.email, random, clock.now_us());
    if (!request) return report_erase(request.error());

    const auto inspection = journal::inspect(*files, options.data + "/journal");
    const std::string unnamed = unnamed_stores(*config, *files);
    const std::uint64_t end = inspection ? inspection->durable_sequence : 0;
    ProgressBar bar("erasing");
    const auto outcome = erasure::erase_pending(
        {*config, *files, clock, random, [&](erasure::Step step, std::uint64_t sequence) {
             bar.show(std::min(sequence, end), end, name_of(step));
         }});
    bar.clear();
    if (!outcome && outcome.error().code == ErrorCode::locked) {
        return await(requests, *request, options.wait_s);
    }
    if (!outcome) return report_erase(outcome.error());
    if (!unnamed.empty()) {
        fmt::print(stderr,
                   "cellmon student erase: {}: what is there of the person stays. Name them as for "
                   "the server, and repeat the command; where they are not in use any more, delete "
                   "what they have left in the folder\n",
                   unnamed);
    }
    if (!outcome->not_kept.empty()) {
        fmt::print(stderr,
                   "cellmon student erase: the list of who was erased is not beside the backups; "
                   "the next backup or erasure tries again: {}\n",
                   outcome->not_kept);
    }
    for (const erasure::Tombstone& done : outcome->done) {
        if (done.id == request->id) {
            const int code = tell(done);
            return unnamed.empty() ? code : kExitEnvironment;
        }
    }
    fmt::print(stderr,
               "cellmon student erase: begun (erasure {}), but not all of it could be done: {}. "
               "Repeat the command, or start the server, when that is mended\n",
               request->id.to_string(), outcome->why);
    return kExitEnvironment;
}

}  // namespace

Result<config::Config> config_of(const std::string& data) {
    const auto files = io::make_posix_file_system();
    config::Sources sources;
    sources.environment = config::process_environment();
    sources.flags["server.data"] = data;
    return config::load(sources, *files);
}

std::string unnamed_stores(const config::Config& config, io::FileSystem& files) {
    const auto has = [&](const char* name) {
        return files.exists(config.data_directory + name).value_or(true);
    };
    std::string found;
    // The embedded profile has both from its first start on.
    if (config.classroom.postgres_url.empty() && !has("/classroom.db") && !has("/relational.db"))
        found = "PostgreSQL (CELLMON_POSTGRES_URL)";
    if (config.influx.url.empty() &&
        files.exists(config.data_directory + "/timeseries.state").value_or(false))
        found += std::string(found.empty() ? "" : " and ") + "InfluxDB (CELLMON_INFLUX_URL)";
    return found.empty() ? found
                         : "the server of this folder seems to use " + found + ", not named here";
}

void add_student_erase(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<EraseOptions>();
    CLI::App* command = parent.add_subcommand("erase", "Remove a person from everywhere, for good");
    command->footer(kEraseFooter);
    command
        ->add_option("email", options->email, "The person's address, as events and rosters have it")
        ->required();
    command->add_option("--data", options->data, "The server's data folder")
        ->capture_default_str()
        ->check(CLI::ExistingDirectory);
    command->add_flag("--yes", options->yes, "Do not ask");
    command->add_option("--wait", options->wait_s, "Seconds to wait for a server that runs")
        ->capture_default_str()
        ->check(CLI::Range(0U, 86'400U));
    command->callback([options, &exit_code] { exit_code = erase(*options); });
}

}  // namespace cellmon::cli
