#include "progress/student.hpp"

#include <algorithm>

namespace cellmon::progress {

std::string_view name_of(CellStatus status) {
    switch (status) {
        case CellStatus::pending:
            return "pending";
        case CellStatus::running:
            return "running";
        case CellStatus::completed:
            return "completed";
        case CellStatus::error:
            return "error";
        case CellStatus::cancelled:
            break;
    }
    return "cancelled";
}

const Assignment* Student::find(std::string_view assignment_id) const {
    const auto found = std::ranges::lower_bound(assignments, assignment_id, {}, &Assignment::id);
    return found == assignments.end() || found->id != assignment_id ? nullptr : &*found;
}

}  // namespace cellmon::progress
