#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace cellmon::harness {

/// What an event tells of a cell that ran, or should have. Without status it tells of none.
struct Execution {
    std::string status;  ///< `success`, `error`, `aborted`, `interrupted`, `skipped` or empty.
    std::optional<std::int64_t> duration_us;
    std::string error_name;

    bool operator==(const Execution&) const = default;
};

/// The fields of an event that make an execution of it; what was not sent is empty.
struct ExecutionFields {
    std::string_view type;
    std::string_view cell_type;
    std::string_view status;
    std::string_view error_name;
    std::string_view error_message;
    std::optional<std::string_view> code;
    std::optional<std::int64_t> execution_count;
    std::optional<double> duration_ms;
    std::optional<TimeUs> started_us;
    std::optional<TimeUs> finished_us;
    bool has_error = false;
};

/// The rules of contract §5.1, written anew here so that the server's own are not their judge: a
/// status that was sent counts; else an error is `error`, or `interrupted` when it is a
/// KeyboardInterrupt; blank code is `skipped`; a count is `success`, none `aborted`. The kernel's
/// times count before `executionDurationMs`, which is a duration when above 0 and within a year.
[[nodiscard]] Execution execution_of(const ExecutionFields& fields);

}  // namespace cellmon::harness
