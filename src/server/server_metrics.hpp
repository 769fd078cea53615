#pragma once

#include <vector>

#include "http/router.hpp"
#include "journal/journal.hpp"
#include "projection/status.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::server {

/// The journal's and the projections' numbers as Prometheus families.
[[nodiscard]] std::vector<telemetry::MetricFamily> journal_metrics(
    const journal::JournalStatus& status);
[[nodiscard]] std::vector<telemetry::MetricFamily> projection_metrics(
    const std::vector<projection::ProjectionStatus>& statuses);

/// GET /metrics. `metrics` must outlive the last request.
void add_metrics_route(http::Router& router, const telemetry::Metrics& metrics);

}  // namespace cellmon::server
