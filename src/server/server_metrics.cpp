#include "server/server_metrics.hpp"

namespace cellmon::server {

using telemetry::counter;
using telemetry::gauge;
using telemetry::MetricFamily;
using telemetry::MetricKind;

std::vector<MetricFamily> journal_metrics(const journal::JournalStatus& status) {
    const auto number = [](auto value) { return static_cast<double>(value); };
    return {
        gauge("cellmon_journal_durable_sequence", "Highest durable sequence",
              number(status.durable_sequence)),
        counter("cellmon_journal_groups_total", "Commit groups written since the start",
                number(status.groups)),
        counter("cellmon_journal_written_bytes_total", "Bytes appended since the start",
                number(status.bytes_written)),
        counter("cellmon_journal_duplicates_total", "Entries that were stored already",
                number(status.duplicates)),
        counter("cellmon_journal_conflicts_total", "Entries whose id is stored with other content",
                number(status.conflicts)),
        gauge("cellmon_journal_queue_bytes", "Payload bytes waiting for the writer",
              number(status.queued_bytes)),
        gauge("cellmon_journal_segments", "Segment files", number(status.segments)),
        gauge("cellmon_journal_ids", "Event ids in the index", number(status.ids)),
        gauge("cellmon_journal_id_runs", "Sorted runs of the id index", number(status.id_runs)),
        gauge("cellmon_journal_last_sync_seconds", "Duration of the last write and sync",
              number(status.last_sync_us) / 1e6),
        gauge("cellmon_journal_disk_low", "1 while the disk reserve is reached",
              status.disk_low ? 1 : 0),
        gauge("cellmon_journal_poisoned", "1 after a failed write or sync",
              status.poisoned.empty() ? 0 : 1),
    };
}

std::vector<MetricFamily> projection_metrics(
    const std::vector<projection::ProjectionStatus>& statuses) {
    MetricFamily sequence{
        "cellmon_projection_sequence", "Sequence that is applied", MetricKind::gauge, {}};
    MetricFamily lag_events{
        "cellmon_projection_lag_events", "Durable events not yet applied", MetricKind::gauge, {}};
    MetricFamily lag_seconds{"cellmon_projection_lag_seconds",
                             "Age of the oldest event not yet applied",
                             MetricKind::gauge,
                             {}};
    MetricFamily applied{"cellmon_projection_applied_total",
                         "Events applied, those applied again included",
                         MetricKind::counter,
                         {}};
    MetricFamily batches{
        "cellmon_projection_batches_total", "Batches they came in", MetricKind::counter, {}};
    MetricFamily connects{"cellmon_projection_connects_total",
                          "Times the store was opened; all but one are reconnects",
                          MetricKind::counter,
                          {}};
    MetricFamily failures{
        "cellmon_projection_failures_total", "Failed batches", MetricKind::counter, {}};
    MetricFamily dead_letters{
        "cellmon_projection_dead_letters", "Events the store cannot take", MetricKind::gauge, {}};
    MetricFamily alarm{"cellmon_projection_alarm",
                       "1 when stopped until a person looks at it",
                       MetricKind::gauge,
                       {}};
    for (const auto& status : statuses) {
        const auto add = [&](MetricFamily& family, double value) {
            family.samples.push_back({{{"projection", status.name}}, value, {}});
        };
        add(sequence, static_cast<double>(status.cursor.sequence));
        add(lag_events, static_cast<double>(status.lag_events));
        add(lag_seconds, status.lag_seconds);
        add(applied, static_cast<double>(status.applied));
        add(batches, static_cast<double>(status.batches));
        add(connects, static_cast<double>(status.connects));
        add(failures, static_cast<double>(status.failures));
        add(dead_letters, static_cast<double>(status.dead_letters));
        add(alarm, status.alarm ? 1 : 0);
    }
    return {sequence, lag_events, lag_seconds,  applied, batches,
            connects, failures,   dead_letters, alarm};
}

void add_metrics_route(http::Router& router, const telemetry::Metrics& metrics) {
    router.add(http::Method::get, "/metrics",
               [&metrics](http::Request&&, http::Responder responder) {
                   http::Response response;
                   response.content_type = telemetry::Metrics::kContentType;
                   response.body = metrics.text();
                   responder.send(std::move(response));
               });
}

}  // namespace cellmon::server
