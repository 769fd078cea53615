#include "sinks/influxdb/progress_point.hpp"

#include "sinks/influxdb/line_protocol.hpp"

namespace cellmon::influxdb {
namespace {

// As unchanged queries know them: classroom-api.md §8.
constexpr std::string_view kNoNotebook = "unknown";
constexpr std::string_view kNoDirectory = "root";
constexpr std::int64_t kNoNumber = -1;

constexpr double kMicrosecondsInMs = 1'000;

struct FilePlace {
    std::string_view directory;
    std::string_view notebook;
};

FilePlace file_place_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    FilePlace place{kNoDirectory, path};
    if (slash != std::string_view::npos) {
        if (slash > 0) place.directory = path.substr(0, slash);
        place.notebook = path.substr(slash + 1);
    }
    if (place.notebook.empty()) place.notebook = kNoNotebook;
    return place;
}

/// What an audit sums and compares.
void append_proof(LineWriter& line, const journal::EntryHeader& header) {
    line.integer("sequence", static_cast<std::int64_t>(header.sequence));
    line.integer("contentHash", static_cast<std::int64_t>(header.content_hash));
}

void append_run(LineWriter& line, const event::Event& event, event::ExecutionStatus status) {
    line.text("status", event::name_of(status));
    if (event::is_execution(status)) {
        line.boolean("success", status == event::ExecutionStatus::success);
    }
    if (const auto duration_us = event::duration_us_of(event)) {
        line.real("duration", static_cast<double>(*duration_us) / kMicrosecondsInMs);
    }
}

}  // namespace

void append_progress_point(std::string& lines, const journal::EntryHeader& header,
                           const event::Event& event, event::ExecutionStatus status) {
    const FilePlace place = file_place_of(event.notebook_path.value_or(""));
    LineWriter line(lines);
    line.begin(kProgress);
    line.tag("block", block_of(header.sequence));
    line.tag("cellType", event.cell_type.value_or(""));
    line.tag("emailAddress", event.email_address);
    line.tag("event", event.event_type.value_or(""));
    line.tag("notebook", place.notebook);
    line.tag("teamName", event.team_name.value_or(""));

    append_proof(line, header);
    line.text("eventId", event.event_id.value_or(""));
    line.text("directory", place.directory);
    line.text("notebookPath", event.notebook_path.value_or(""));
    line.text("cellId", event.cell_id.value_or(""));
    line.integer("cellIndex", event.cell_index.value_or(kNoNumber));
    line.integer("executionCount", event.execution_count.value_or(kNoNumber));
    const auto text = [&](std::string_view key, const std::optional<std::string_view>& value) {
        if (value) line.text(key, *value);
    };
    text("userName", event.user_name);
    text("classCode", event.class_code);
    text("sessionId", event.session_id);
    text("errorName", event.error_name);
    text("kernelStatus", event.kernel_status);
    text("presence", event.presence);
    if (status != event::ExecutionStatus::none) append_run(line, event, status);
    line.end(point_time_ns(event.event_time_us, header.sequence));
}

void append_redacted_point(std::string& lines, const journal::EntryHeader& header) {
    LineWriter line(lines);
    line.begin(kProgress);
    line.tag("block", block_of(header.sequence));
    line.tag("event", kRedactedType);
    append_proof(line, header);
    line.end(point_time_ns(header.received_us, header.sequence));
}

}  // namespace cellmon::influxdb
