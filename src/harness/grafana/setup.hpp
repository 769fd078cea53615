#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "harness/grafana/client.hpp"

namespace cellmon::harness::grafana {

inline constexpr std::string_view kDataSourceUid = "cellmon-prometheus";
inline constexpr std::string_view kFolderUid = "cellmon";

enum class Outcome {
    made,
    updated,
    unchanged,    ///< It was as it should be; nothing was written.
    provisioned,  ///< A file of Grafana's own makes it; it is left alone.
};
[[nodiscard]] std::string_view name_of(Outcome outcome);

struct Step {
    std::string what;
    Outcome outcome = Outcome::unchanged;
};

/// Makes data source, folder and dashboards, or brings them up to date: what is there by its uid is
/// changed only where it differs. `prometheus_url` is how Grafana reaches Prometheus. Errors:
/// unavailable, permission; mismatch where somebody changes a dashboard at the same time.
Result<std::vector<Step>> set_up(Client& client, std::string_view prometheus_url);

}  // namespace cellmon::harness::grafana
