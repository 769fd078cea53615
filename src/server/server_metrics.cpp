#include "server/server_metrics.hpp"

namespace cellmon::server {

using telemetry::counter;
using telemetry::gauge;
using telemetry::MetricFamily;
using telemetry::MetricKind;

namespace {

telemetry::HistogramValue histogram_of(const projection::ProjectionStatus& status) {
    using projection::BatchSizes;
    telemetry::HistogramValue histogram;
    histogram.upper_bounds.assign(BatchSizes::kUpperBounds.begin(), BatchSizes::kUpperBounds.end());
    std::uint64_t sum = 0;
    for (const std::uint64_t count : status.batches.counts) {
        sum += count;
        histogram.cumulative_counts.push_back(sum);
    }
    histogram.count = status.batches.all;
    histogram.sum = static_cast<double>(status.applied);
    return histogram;
}

}  // namespace

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
    MetricFamily batches{"cellmon_projection_batch_events",
                         "Events applied, those applied again included, by the size of their batch",
                         MetricKind::histogram,
                         {}};
    MetricFamily connects{"cellmon_projection_connects_total",
                          "Times the store was opened; all but one are reconnects",
                          MetricKind::counter,
                          {}};
    MetricFamily failures{"cellmon_projection_failures_total",
                          "Failed attempts to open the store, to write into it or to look at it",
                          MetricKind::counter,
                          {}};
    MetricFamily waiting{"cellmon_projection_waiting",
                         "1 from a failure until the store takes something again",
                         MetricKind::gauge,
                         {}};
    MetricFamily dead_letters{
        "cellmon_projection_dead_letters", "Events the store cannot take", MetricKind::gauge, {}};
    MetricFamily objections{
        "cellmon_projection_objections_total",
        "Batches that were applied anew entry by entry, since the store objected to one",
        MetricKind::counter,
        {}};
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
        batches.samples.push_back({{{"projection", status.name}}, 0, histogram_of(status)});
        add(connects, static_cast<double>(status.connects));
        add(failures, static_cast<double>(status.failures));
        add(waiting, status.state == projection::State::retrying ? 1 : 0);
        add(dead_letters, static_cast<double>(status.dead_letters));
        add(objections, static_cast<double>(status.objections));
        add(alarm, status.alarm ? 1 : 0);
    }
    return {sequence, lag_events, lag_seconds,  batches,    connects,
            failures, waiting,    dead_letters, objections, alarm};
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
