#include "sinks/relational/detail.hpp"

#include <optional>

namespace cellmon::relational {
namespace {

/// How a notebook was used; empty for events that say nothing of it.
std::string_view access_action(std::string_view type) {
    if (type == "notebook_opened") return "opened";
    if (type == "notebook_saved" || type == "notebook_save") return "saved";
    if (type == "notebook_closed") return "closed";
    return {};
}

Detail signal(std::string_view kind, const std::optional<std::string_view>& value) {
    if (!value) return {};
    return {DetailTable::student_signals, event::ExecutionStatus::none, kind, *value, false};
}

}  // namespace

Detail detail_of(const event::Event& event) {
    using event::ExecutionStatus;
    const std::string_view type = event.event_type.value_or("");
    if (const auto status = event::execution_status_of(event); status != ExecutionStatus::none) {
        return {DetailTable::cell_executions, status, {}, {}, false};
    }
    if (type == "help" || type == "help_stop") {
        return {DetailTable::help_signals, ExecutionStatus::none, {}, {}, type == "help"};
    }
    if (const auto action = access_action(type); !action.empty()) {
        return {DetailTable::notebook_accesses, ExecutionStatus::none, action, {}, false};
    }
    if (type == "kernel_status") return signal(type, event.kernel_status);
    if (type == "presence") return signal(type, event.presence);
    if (type == "environment") return signal(type, event.environment);
    return {};
}

}  // namespace cellmon::relational
