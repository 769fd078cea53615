#include "harness/ledger/execution.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace cellmon::harness {
namespace {

constexpr std::array<std::string_view, 5> kStatuses{"success", "error", "aborted", "interrupted",
                                                    "skipped"};
constexpr std::string_view kInterrupt = "KeyboardInterrupt";
constexpr double kLongest_ms = 366.0 * 24 * 3600 * 1000;

std::string_view status_of(const ExecutionFields& fields) {
    if (fields.type != "cell_executed" && fields.type != "cell_finished") return {};
    if (fields.cell_type == "markdown" || fields.cell_type == "raw") return {};
    if (std::ranges::find(kStatuses, fields.status) != kStatuses.end()) return fields.status;
    if (fields.has_error) {
        return fields.error_name == kInterrupt || fields.error_message.starts_with(kInterrupt)
                   ? "interrupted"
                   : "error";
    }
    if (fields.code && fields.code->find_first_not_of(" \t\r\n\f\v") == std::string_view::npos) {
        return "skipped";
    }
    return fields.execution_count ? "success" : "aborted";
}

std::optional<std::int64_t> duration_of(const ExecutionFields& fields) {
    if (fields.started_us && fields.finished_us && *fields.started_us <= *fields.finished_us) {
        return *fields.finished_us - *fields.started_us;
    }
    const double duration_ms = fields.duration_ms.value_or(0);
    if (!(duration_ms > 0 && duration_ms <= kLongest_ms)) return std::nullopt;
    return std::llround(duration_ms * 1000);
}

}  // namespace

Execution execution_of(const ExecutionFields& fields) {
    Execution execution;
    execution.status = status_of(fields);
    if (execution.status.empty()) return execution;
    execution.duration_us = duration_of(fields);
    execution.error_name = fields.error_name;
    return execution;
}

}  // namespace cellmon::harness
