#pragma once

#include <cstdint>
#include <string_view>

#include "event/event.hpp"
#include "event/execution_status.hpp"

namespace cellmon::relational {

/// Which table has a row of an event, besides `events`.
enum class DetailTable : std::uint8_t {
    none,
    cell_executions,
    notebook_accesses,
    help_signals,
    student_signals
};

struct Detail {
    DetailTable table = DetailTable::none;
    event::ExecutionStatus status = event::ExecutionStatus::none;  ///< Of a run.
    std::string_view kind;   ///< Of an access the action, of a signal what it tells of.
    std::string_view value;  ///< Of a signal.
    bool is_on = false;      ///< Of a help signal.
};

/// Valid while the event is.
[[nodiscard]] Detail detail_of(const event::Event& event);

}  // namespace cellmon::relational
