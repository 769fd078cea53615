#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/grafana/client.hpp"

namespace CLI {
class App;
}

namespace cellmon::cli {

/// What `cellmon monitor` is told of Grafana.
struct GrafanaOptions {
    std::string url;  ///< Empty: none.
    std::string prometheus_url = "http://127.0.0.1:9090";
    std::string token_file;
    std::string run;  ///< Folder of a plan's run, whose phases and faults are to be shown.
};
void add_grafana_options(CLI::App& command, GrafanaOptions& options);

/// Makes data source, folder and dashboards, and the annotations of `run`; says on standard error
/// what was done. The token comes from `token_file`, else from CELLMON_GRAFANA_TOKEN; no message
/// holds it. nullopt: there is no Grafana.
Result<std::optional<harness::grafana::Client>> set_up_grafana(const GrafanaOptions& options);

/// Shows a load test of `cellmon monitor --name`.
Result<void> show_in_grafana(harness::grafana::Client& client, const std::string& test, TimeUs from,
                             TimeUs to);

}  // namespace cellmon::cli
