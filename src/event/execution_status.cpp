#include "event/execution_status.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace cellmon::event {
namespace {

constexpr std::string_view kInterruptName = "KeyboardInterrupt";

constexpr std::array<std::pair<std::string_view, ExecutionStatus>, 5> kNamed{{
    {"success", ExecutionStatus::success},
    {"error", ExecutionStatus::error},
    {"aborted", ExecutionStatus::aborted},
    {"interrupted", ExecutionStatus::interrupted},
    {"skipped", ExecutionStatus::skipped},
}};

bool is_blank(std::string_view code) {
    return code.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

bool tells_of_a_run(const Event& event) {
    const std::string_view type = event.event_type.value_or("");
    if (type != "cell_executed" && type != "cell_finished") return false;
    return event.cell_type != "markdown" && event.cell_type != "raw";
}

}  // namespace

std::string_view name_of(ExecutionStatus status) {
    for (const auto& [name, value] : kNamed) {
        if (value == status) return name;
    }
    return "none";
}

ExecutionStatus execution_status_of(const Event& event) {
    if (!tells_of_a_run(event)) return ExecutionStatus::none;
    for (const auto& [name, value] : kNamed) {
        if (event.status == name) return value;
    }
    if (event.has_error.value_or(false)) {
        const bool interrupted = event.error_name == kInterruptName ||
                                 event.error_message.value_or("").starts_with(kInterruptName);
        return interrupted ? ExecutionStatus::interrupted : ExecutionStatus::error;
    }
    if (event.code && is_blank(*event.code)) return ExecutionStatus::skipped;
    return event.execution_count ? ExecutionStatus::success : ExecutionStatus::aborted;
}

std::optional<std::int64_t> duration_us_of(const Event& event) {
    if (event.started_at_us && event.finished_at_us &&
        *event.finished_at_us >= *event.started_at_us) {
        return *event.finished_at_us - *event.started_at_us;
    }
    // Beyond a year it is no duration; the bound also keeps sums of a day within an integer.
    constexpr double kLongestMs = 366.0 * 86'400'000;
    const double milliseconds = event.execution_duration_ms.value_or(0);
    if (!(milliseconds > 0) || milliseconds > kLongestMs) return std::nullopt;
    return std::llround(milliseconds * 1000);
}

}  // namespace cellmon::event
