#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "audit/audited_store.hpp"
#include "event/event.hpp"
#include "projection/entry_source.hpp"
#include "sinks/influxdb/connection.hpp"

namespace cellmon::influxdb {

// The points of `class_activity` as an audit sees them: what they add up to for each class, type of
// event and day. A point speaks of up to 1,000 sequences, so there is none to compare one by one.

/// What a total of the event is called.
[[nodiscard]] std::string activity_group(const event::Event& event);
/// Whether a total is one of these.
[[nodiscard]] bool is_activity_group(std::string_view name);

/// The totals of all points.
Result<audit::Totals> activity_totals(Connection& connection);

/// Deletes the points of those days that must not be there, and writes those that must, from what
/// the journal says through `through`. Left alone is what the projection may still write: the
/// points of the last, open range. `is_alone`: no projection is at work; then those go as well, and
/// the next one, which begins with that range, writes what belongs there.
Result<void> mend_activity(Connection& connection, projection::EntrySource& source,
                           std::uint64_t through, const std::set<std::int64_t>& days,
                           bool is_alone = false);

}  // namespace cellmon::influxdb
