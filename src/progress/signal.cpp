#include "progress/signal.hpp"

#include <cstring>

#include <simdjson.h>

#include "event/document_parser.hpp"
#include "event/execution_status.hpp"
#include "progress/limits.hpp"

namespace cellmon::progress {
namespace {

using simdjson::dom::object;

// What both names of the field begin with.
constexpr std::string_view kMark = "\"assignment";

std::string text_or_number(object from, std::string_view name) {
    std::string_view text;
    if (from[name].get(text) == simdjson::SUCCESS) {
        // What begins with NUL was a number beyond all bounds (event/json_repair.hpp).
        return text.starts_with('\0') ? std::string() : std::string(text);
    }
    std::int64_t number = 0;
    if (from[name].get(number) == simdjson::SUCCESS) return std::to_string(number);
    return {};
}

std::string either(object from, std::string_view name, std::string_view other) {
    std::string text = text_or_number(from, name);
    return text.empty() ? text_or_number(from, other) : text;
}

/// What one of the objects of an event, which is JSON, adds to the signal.
void read_object(std::string_view json, Signal& signal) {
    // It may hold numbers that simdjson alone refuses.
    event::DocumentParser parser;
    const auto value = parser.parse(parser.load(json));
    if (!value || value->kind() != event::JsonKind::object) return;
    const object from = value->object();
    if (signal.assignment_id.empty()) {
        signal.assignment_id = either(from, "assignmentId", "assignment_id");
    }
    if (signal.assignment_name.empty()) {
        signal.assignment_name = either(from, "assignmentName", "assignment_name");
    }
    double memory = 0;
    if (!signal.memory_mb && from["memory_usage_mb"].get(memory) == simdjson::SUCCESS) {
        signal.memory_mb = memory;
    }
}

std::optional<CellStatus> status_of(const event::Event& event) {
    if (!event.cell_id || event.cell_id->empty()) return std::nullopt;
    const std::string_view type = event.event_type.value_or("");
    if (type == "cell_execution_start" || type == "cell_started") return CellStatus::running;
    if (type == "cell_execution_complete") return CellStatus::completed;
    if (type == "cell_execution_error") return CellStatus::error;
    switch (event::execution_status_of(event)) {
        case event::ExecutionStatus::success:
            return CellStatus::completed;
        case event::ExecutionStatus::error:
            return CellStatus::error;
        case event::ExecutionStatus::interrupted:
            return CellStatus::cancelled;
        case event::ExecutionStatus::none:
        case event::ExecutionStatus::aborted:
        case event::ExecutionStatus::skipped:
            break;
    }
    return std::nullopt;
}

}  // namespace

bool may_name_assignment(std::string_view payload) {
    return ::memmem(payload.data(), payload.size(), kMark.data(), kMark.size()) != nullptr;
}

std::optional<Signal> signal_of(const event::Event& event) {
    Signal signal;
    if (!event.extra.empty()) read_object(event.extra, signal);
    if (event.metadata) read_object(*event.metadata, signal);
    if (signal.assignment_id.empty() || signal.assignment_id.size() > kMostAssignmentIdBytes) {
        return std::nullopt;
    }
    signal.status = status_of(event);
    return signal;
}

}  // namespace cellmon::progress
