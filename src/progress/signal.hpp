#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/event.hpp"
#include "progress/student.hpp"

namespace cellmon::progress {

/// What an event says of an assignment.
struct Signal {
    std::string assignment_id;
    std::string assignment_name;       ///< Empty: not told.
    std::optional<CellStatus> status;  ///< What its cell came to; nullopt: the event tells of none.
    std::optional<double> memory_mb;
};

/// Whether the payload may name an assignment; most do not, and need not be read.
[[nodiscard]] bool may_name_assignment(std::string_view payload);

/// nullopt when the event names no assignment. One is named by `assignmentId` or `assignment_id`,
/// as a field of the event or of its `metadata`, a text or a whole number.
[[nodiscard]] std::optional<Signal> signal_of(const event::Event& event);

}  // namespace cellmon::progress
