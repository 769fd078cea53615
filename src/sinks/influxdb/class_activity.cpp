#include "sinks/influxdb/class_activity.hpp"

#include "base/clock.hpp"
#include "sinks/influxdb/line_protocol.hpp"

namespace cellmon::influxdb {
namespace {

std::int64_t minute_of(TimeUs time_us) {
    return (time_us >= 0 ? time_us : time_us - (kMinuteUs - 1)) / kMinuteUs;
}

}  // namespace

void ClassActivity::add(std::uint64_t sequence, const event::Event& event,
                        event::ExecutionStatus status, std::string& lines) {
    if (const std::uint64_t range = sequence / kActivityRange; range != range_) {
        append_changed(lines);
        sums_.clear();
        range_ = range;
    }
    // By what the tags hold: names that they cannot tell apart share a point.
    Sums& sums = sums_[{minute_of(event.event_time_us), tag_text(event.class_code.value_or("")),
                        tag_text(event.event_type.value_or(""))}];
    ++sums.events;
    if (event::is_execution(status)) ++sums.executions;
    if (status == event::ExecutionStatus::error) ++sums.errors;
    if (status != event::ExecutionStatus::none) {
        sums.duration_us += event::duration_us_of(event).value_or(0);
    }
    sums.changed = true;
}

void ClassActivity::append_changed(std::string& lines) {
    for (auto& [key, sums] : sums_) {
        if (!sums.changed) continue;
        append(key, sums, lines);
        sums.changed = false;
    }
}

void ClassActivity::append_all(std::string& lines) const {
    for (const auto& [key, sums] : sums_)
        append(key, sums, lines);
}

void ClassActivity::forget_before(TimeUs time_us) {
    const std::int64_t first = minute_of(time_us);
    std::erase_if(sums_, [&](const auto& minute) { return std::get<0>(minute.first) < first; });
}

void ClassActivity::append(const Key& key, const Sums& sums, std::string& lines) const {
    const auto& [minute, class_code, type] = key;
    LineWriter line(lines);
    line.begin(kActivity);
    line.tag("block", block_of(range_));
    line.tag("classCode", class_code);
    line.tag("event", type);
    line.integer("events", sums.events);
    line.integer("executions", sums.executions);
    line.integer("errors", sums.errors);
    line.integer("durationUs", sums.duration_us);
    line.end(point_time_ns(minute * kMinuteUs, range_));
}

void ClassActivity::clear() {
    range_ = 0;
    sums_.clear();
}

}  // namespace cellmon::influxdb
