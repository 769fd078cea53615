#include "live/live_service.hpp"

namespace cellmon::live {

using telemetry::counter;
using telemetry::gauge;
using telemetry::MetricFamily;

std::vector<MetricFamily> LiveService::metrics() const {
    const auto number = [](auto value) { return static_cast<double>(value); };
    const LiveStatus now = status();
    const PicturePtr shown = picture();
    MetricFamily students{"cellmon_live_students",
                          "Students by what they are shown as",
                          telemetry::MetricKind::gauge,
                          {}};
    const auto add = [&](Status status, std::uint64_t count) {
        students.samples.push_back({{{"status", std::string(name_of(status))}}, number(count), {}});
    };
    add(Status::help, shown->all.help);
    add(Status::significant_error, shown->all.significant_error);
    add(Status::error, shown->all.error);
    add(Status::active, shown->all.active);
    add(Status::idle, shown->all.idle);
    const std::uint64_t behind =
        now.durable_sequence > now.sequence ? now.durable_sequence - now.sequence : 0;
    return {
        gauge("cellmon_live_sequence", "Sequence that is folded into the live state",
              number(now.sequence)),
        gauge("cellmon_live_lag_events", "Durable events not yet folded", number(behind)),
        counter("cellmon_live_ticks_total", "Conflated steps", number(now.ticks)),
        counter("cellmon_live_changes_total", "Pictures of students made", number(now.changes)),
        counter("cellmon_live_failures_total", "Failed reads of the journal", number(now.failures)),
        gauge("cellmon_live_unreadable_entries", "Entries of the journal that were passed over",
              number(now.unreadable)),
        std::move(students),
    };
}

}  // namespace cellmon::live
