#pragma once

#include <string>
#include <string_view>

#include "event/event.hpp"
#include "event/execution_status.hpp"
#include "journal/reader.hpp"

namespace cellmon::influxdb {

inline constexpr std::string_view kProgress = "student_progress";

/// What an event with a payload that was erased is called.
inline constexpr std::string_view kRedactedType = "redacted";

/// Appends the point of an event (classroom-api.md §8): a function of the entry alone, so that to
/// write it again changes nothing. `status` as execution_status_of() gives it.
void append_progress_point(std::string& lines, const journal::EntryHeader& header,
                           const event::Event& event, event::ExecutionStatus status);

/// That of an event whose payload was erased: that it was there, and when it was received.
void append_redacted_point(std::string& lines, const journal::EntryHeader& header);

}  // namespace cellmon::influxdb
