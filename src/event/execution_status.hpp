#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "event/event.hpp"
#include "event/field_set.hpp"

namespace cellmon::event {

/// How the run of a cell ended. `none`: the event tells of no run (another type, or a markdown
/// cell).
enum class ExecutionStatus : std::uint8_t { none, success, error, aborted, interrupted, skipped };

[[nodiscard]] std::string_view name_of(ExecutionStatus status);

/// Only these count as executions and touch an error streak.
[[nodiscard]] constexpr bool is_execution(ExecutionStatus status) {
    return status == ExecutionStatus::success || status == ExecutionStatus::error;
}

/// What execution_status_of() looks at.
inline constexpr FieldSet kExecutionStatusFields{
    Field::event_type, Field::cell_type,     Field::status, Field::has_error,
    Field::error_name, Field::error_message, Field::code,   Field::execution_count,
};

/// Derived from what the client sent. JupyterLab signals cells that never ran after an earlier cell
/// failed: such a code cell has no execution count and no error, and is `aborted`.
[[nodiscard]] ExecutionStatus execution_status_of(const Event& event);

/// How long the run took: by the kernel's own times when the client sent both, else what the client
/// measured.
[[nodiscard]] std::optional<std::int64_t> duration_us_of(const Event& event);

}  // namespace cellmon::event
