#include "http/probe.hpp"

#include <algorithm>
#include <string>

namespace cellmon::http {

void HttpProbe::answered(unsigned status, std::int64_t latency_us) {
    requests_by_class[std::clamp(status / 100, 1U, 5U) - 1].add(1);
    const auto bound =
        std::lower_bound(kLatencyBounds_us.begin(), kLatencyBounds_us.end(), latency_us);
    latency[static_cast<std::size_t>(bound - kLatencyBounds_us.begin())].add(1);
    latency_sum_us.add(static_cast<std::uint64_t>(std::max<std::int64_t>(latency_us, 0)));
}

namespace {

using Probes = std::vector<const HttpProbe*>;

double sum(const Probes& probes, ProbeCounter HttpProbe::* member) {
    std::uint64_t total = 0;
    for (const HttpProbe* probe : probes)
        total += (probe->*member).get();
    return static_cast<double>(total);
}

telemetry::MetricFamily requests(const Probes& probes) {
    telemetry::MetricFamily family{"cellmon_http_requests_total",
                                   "Answers by class of status.",
                                   telemetry::MetricKind::counter,
                                   {}};
    for (std::size_t i = 0; i < 5; ++i) {
        std::uint64_t total = 0;
        for (const HttpProbe* probe : probes)
            total += probe->requests_by_class[i].get();
        family.samples.push_back(
            {{{"class", std::to_string(i + 1) + "xx"}}, static_cast<double>(total), {}});
    }
    return family;
}

telemetry::MetricFamily latency(const Probes& probes) {
    telemetry::HistogramValue value;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i <= kLatencyBounds_us.size(); ++i) {
        for (const HttpProbe* probe : probes)
            below += probe->latency[i].get();
        if (i == kLatencyBounds_us.size()) break;
        value.upper_bounds.push_back(static_cast<double>(kLatencyBounds_us[i]) / 1e6);
        value.cumulative_counts.push_back(below);
    }
    value.count = below;
    value.sum = sum(probes, &HttpProbe::latency_sum_us) / 1e6;
    telemetry::MetricFamily family{"cellmon_http_request_seconds",
                                   "From the first byte of a request to its answer.",
                                   telemetry::MetricKind::histogram,
                                   {}};
    family.samples.push_back({{}, 0, std::move(value)});
    return family;
}

}  // namespace

std::vector<telemetry::MetricFamily> metric_families(const Probes& probes,
                                                     std::size_t body_bytes_in_flight,
                                                     std::size_t answer_bytes_in_flight) {
    const double opened = sum(probes, &HttpProbe::connections_opened);
    const double closed = sum(probes, &HttpProbe::connections_closed);
    const double sockets_opened = sum(probes, &HttpProbe::websockets_opened);
    const double sockets_closed = sum(probes, &HttpProbe::websockets_closed);
    return {
        requests(probes),
        latency(probes),
        telemetry::counter("cellmon_http_received_bytes_total", "Bytes read from clients.",
                           sum(probes, &HttpProbe::bytes_in)),
        telemetry::counter("cellmon_http_sent_bytes_total", "Bytes written to clients.",
                           sum(probes, &HttpProbe::bytes_out)),
        telemetry::counter("cellmon_http_connections_total", "Connections accepted.", opened),
        telemetry::gauge("cellmon_http_connections", "Connections open.",
                         std::max(opened - closed, 0.0)),
        telemetry::counter(
            "cellmon_http_connections_refused_total",
            "Connections and WebSockets beyond max_connections, and WebSockets beyond "
            "address_websockets.",
            sum(probes, &HttpProbe::connections_refused)),
        telemetry::counter("cellmon_http_connections_given_up_total",
                           "Connections closed for others: silent ones at max_connections, slow "
                           "ones at answer_bytes_in_flight.",
                           sum(probes, &HttpProbe::connections_given_up)),
        telemetry::counter("cellmon_http_timeouts_total",
                           "Connections closed because a client was too slow.",
                           sum(probes, &HttpProbe::timeouts)),
        telemetry::counter("cellmon_http_bodies_refused_total",
                           "Requests answered 503 at body_bytes_in_flight.",
                           sum(probes, &HttpProbe::bodies_refused)),
        telemetry::counter("cellmon_http_answers_refused_total",
                           "Answers replaced by 503 at answer_bytes_in_flight.",
                           sum(probes, &HttpProbe::answers_refused)),
        telemetry::counter("cellmon_http_websockets_total", "WebSockets opened.", sockets_opened),
        telemetry::gauge("cellmon_http_websockets", "WebSockets open.",
                         std::max(sockets_opened - sockets_closed, 0.0)),
        telemetry::counter("cellmon_http_websocket_received_messages_total",
                           "Messages read from WebSocket clients.",
                           sum(probes, &HttpProbe::websocket_messages_in)),
        telemetry::counter("cellmon_http_websocket_sent_messages_total",
                           "Messages and control frames written to WebSocket clients.",
                           sum(probes, &HttpProbe::websocket_messages_out)),
        telemetry::counter("cellmon_http_websocket_received_bytes_total",
                           "Bytes of frames read from WebSocket clients.",
                           sum(probes, &HttpProbe::websocket_bytes_in)),
        telemetry::counter("cellmon_http_websocket_sent_bytes_total",
                           "Bytes of frames written to WebSocket clients.",
                           sum(probes, &HttpProbe::websocket_bytes_out)),
        telemetry::gauge("cellmon_http_body_bytes_in_flight", "Bytes of bodies held now.",
                         static_cast<double>(body_bytes_in_flight)),
        telemetry::gauge("cellmon_http_answer_bytes_in_flight",
                         "Bytes of answers that clients have not taken yet.",
                         static_cast<double>(answer_bytes_in_flight)),
    };
}

}  // namespace cellmon::http
