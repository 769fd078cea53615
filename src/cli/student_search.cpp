#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/admin_parts.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress_bar.hpp"
#include "cli/student_subcommands.hpp"
#include "erasure/request.hpp"
#include "erasure/traces.hpp"
#include "io/file_system.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kSearchFooter = R"(Examples:
  cellmon student search taro@example.com --data ./data
  cellmon student search taro@example.com --data ./data --json
  CELLMON_INFLUX_URL=http://127.0.0.1:8086 CELLMON_REDIS_URL=redis://127.0.0.1 cellmon student search taro@example.com

Looks into the journal, the tables, the time series and Redis, as cellmon.toml and the environment name them, and into the bytes
of every file of the folder. Beside a running server or without one.
Exit status: 0 found nowhere · 1 found · 2 wrong arguments · 3 a place could not be read)";

struct SearchOptions {
    std::string email;
    std::string data = "./data";
    bool json = false;
};

std::string list_json(const std::vector<erasure::Trace>& traces) {
    std::string json = "[";
    for (const erasure::Trace& trace : traces) {
        json += fmt::format(R"({}{{"place":{},"what":{}}})", json.back() == '[' ? "" : ",",
                            json_text(trace.place), json_text(trace.what));
    }
    return json + "]";
}

void print_search(const erasure::Traces& traces, bool as_json) {
    if (as_json) {
        std::string looked;
        for (const std::string& place : traces.looked)
            looked += (looked.empty() ? "" : ",") + json_text(place);
        fmt::print("{{\"found\":{},\"unread\":{},\"looked\":[{}]}}\n", list_json(traces.found),
                   list_json(traces.unread), looked);
        return;
    }
    for (const erasure::Trace& trace : traces.found)
        fmt::print("{}: {}\n", trace.place, trace.what);
    if (traces.found.empty()) fmt::print("Found nowhere, in {} places.\n", traces.looked.size());
    for (const erasure::Trace& trace : traces.unread) {
        fmt::print(stderr, "cellmon student search: {} was not read: {}\n", trace.place,
                   trace.what);
    }
}

int search(const SearchOptions& options) {
    const auto refuse = [](const Error& error) {
        fmt::print(stderr, "cellmon student search: {}\n", error.message);
        return error.code == ErrorCode::invalid ? kExitUsage : kExitEnvironment;
    };
    if (const auto good = erasure::check_address(options.email); !good) return refuse(good.error());
    const auto config = config_of(options.data);
    if (!config) return refuse(config.error());
    const auto files = io::make_posix_file_system();
    ProgressBar bar("searching");
    const auto traces = erasure::find_traces(
        *config, *files, options.email,
        [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
    bar.clear();
    print_search(traces, options.json);
    const std::string unnamed = unnamed_stores(*config, *files);
    if (!unnamed.empty()) {
        fmt::print(stderr, "cellmon student search: {}: it was not looked into\n", unnamed);
    }
    if (!traces.found.empty()) return kExitVerdict;
    return traces.unread.empty() && unnamed.empty() ? kExitOk : kExitEnvironment;
}

}  // namespace

void add_student_search(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<SearchOptions>();
    CLI::App* command = parent.add_subcommand(
        "search", "Look for a person in every store and in the bytes of every file");
    command->footer(kSearchFooter);
    command->add_option("email", options->email, "The address to look for")->required();
    command->add_option("--data", options->data, "The server's data folder")
        ->capture_default_str()
        ->check(CLI::ExistingDirectory);
    command->add_flag("--json", options->json, "Print the result as JSON");
    command->callback([options, &exit_code] { exit_code = search(*options); });
}

}  // namespace cellmon::cli
