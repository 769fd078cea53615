#include "cli/grafana_options.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/load.hpp"
#include "harness/grafana/annotations.hpp"
#include "harness/grafana/setup.hpp"
#include "harness/report/report_files.hpp"

namespace cellmon::cli {
using namespace harness::grafana;  // NOLINT: in the words of Grafana
namespace {

Result<std::string> token_of(const GrafanaOptions& options) {
    if (options.token_file.empty()) {
        const char* token = std::getenv(std::string(config::kGrafanaTokenVariable).c_str());
        return std::string(token == nullptr ? "" : token);
    }
    std::ifstream file(options.token_file, std::ios::binary);
    std::string token((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file) {
        return fail(ErrorCode::io,
                    fmt::format("cannot read the token of Grafana in {}", options.token_file));
    }
    token.erase(token.find_last_not_of(" \r\n\t") + 1);
    return token;
}

void tell(const std::string& what) {
    std::cerr << "cellmon monitor: Grafana: " << what << '\n';
}

Result<void> annotate_and_tell(Client& client, std::string_view run_tag,
                               const std::vector<Mark>& marks) {
    CELLMON_TRY_ASSIGN(const Annotated done, annotate(client, run_tag, marks));
    tell(fmt::format("annotations: {} made, {} updated, {} unchanged", done.made, done.updated,
                     done.unchanged));
    return {};
}

}  // namespace

void add_grafana_options(CLI::App& command, GrafanaOptions& options) {
    command.add_option("--grafana", options.url,
                       "URL of Grafana: makes data source, folder and dashboards there. The token "
                       "of a service account is in CELLMON_GRAFANA_TOKEN or --grafana-token-file");
    command
        .add_option("--grafana-prometheus", options.prometheus_url,
                    "URL at which Grafana reaches Prometheus")
        ->capture_default_str();
    command.add_option("--grafana-token-file", options.token_file, "File with the token");
    command.add_option("--grafana-run", options.run,
                       "Folder of a plan's run: shows its phases and faults in the dashboards, and "
                       "ends");
}

Result<std::optional<Client>> set_up_grafana(const GrafanaOptions& options) {
    if (options.url.empty()) {
        if (options.run.empty() && options.token_file.empty()) return std::nullopt;
        return fail(ErrorCode::invalid, "--grafana-run and --grafana-token-file need --grafana");
    }
    CELLMON_TRY_ASSIGN(const std::string token, token_of(options));
    CELLMON_TRY_ASSIGN(Client client, Client::make(options.url, token));
    CELLMON_TRY_ASSIGN(const auto steps, set_up(client, options.prometheus_url));
    for (const Step& step : steps)
        tell(fmt::format("{}: {}", step.what, name_of(step.outcome)));
    if (!options.run.empty()) {
        CELLMON_TRY_ASSIGN(const auto report, harness::report::read_report(options.run));
        CELLMON_TRY(annotate_and_tell(client, run_tag_of(report), marks_of(report)));
    }
    return client;
}

Result<void> show_in_grafana(Client& client, const std::string& test, TimeUs from, TimeUs to) {
    return annotate_and_tell(client, fmt::format("run:{} {}", test, format_time(from)),
                             {{"test", "phase", test, from, to}});
}

}  // namespace cellmon::cli
