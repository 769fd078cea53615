#include "harness/monitor/server_counters.hpp"

#include <algorithm>

#include "harness/wire/metrics_text.hpp"

namespace cellmon::harness::monitor {

ServerCounters parse_counters(std::string_view metrics) {
    return {metric_sum(metrics, "cellmon_ingest_events_total", R"(outcome="stored")"),
            metric_sum(metrics, "cellmon_http_requests_total"),
            metric_sum(metrics, "cellmon_http_requests_total", R"(class="5xx")"),
            metric_sum(metrics, "cellmon_http_websockets"),
            metric_sum(metrics, "process_start_time_seconds")};
}

ServerRates rates_between(const ServerCounters& before, const ServerCounters& after, OwnAnswers own,
                          double seconds) {
    const bool anew = before.started_at != after.started_at ||
                      after.stored_events < before.stored_events || after.answers < before.answers;
    if (anew || seconds <= 0) {
        const auto reason = [] { return Reading::none("the server has started anew"); };
        return {reason(), reason()};
    }
    ServerRates rates;
    if (!before.stored_events || !after.stored_events) {
        rates.throughput = Reading::none("/metrics has no cellmon_ingest_events_total");
    } else {
        rates.throughput = Reading::of((*after.stored_events - *before.stored_events) / seconds);
    }
    if (!before.answers || !after.answers || !before.failures || !after.failures) {
        rates.error_rate = Reading::none("/metrics has no cellmon_http_requests_total");
        return rates;
    }
    rates.answers = std::max(0.0, *after.answers - *before.answers - static_cast<double>(own.all));
    rates.failures = std::clamp(
        *after.failures - *before.failures - static_cast<double>(own.failed), 0.0, rates.answers);
    rates.error_rate = rates.answers > 0 ? Reading::of(rates.failures / rates.answers)
                                         : Reading::none("no requests but this monitor's own");
    return rates;
}

}  // namespace cellmon::harness::monitor
