#include "progress/figures.hpp"

#include <cmath>

namespace cellmon::progress {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

AssignmentStatus status_of(std::uint64_t completed, std::uint64_t cells) {
    if (completed == 0) return AssignmentStatus::not_started;
    return completed == cells ? AssignmentStatus::completed : AssignmentStatus::in_progress;
}

}  // namespace

std::string_view name_of(AssignmentStatus status) {
    switch (status) {
        case AssignmentStatus::not_started:
            return "not_started";
        case AssignmentStatus::in_progress:
            return "in_progress";
        case AssignmentStatus::completed:
            break;
    }
    return "completed";
}

double AssignmentFigures::percentage() const {
    return share(completed, cells) * 100;
}

bool AssignmentFigures::reaches(unsigned percent) const {
    return cells > 0 && completed * 100 >= cells * percent;
}

std::optional<TimeUs> AssignmentFigures::estimated_completion(TimeUs now) const {
    constexpr double kSlack = 1.5;
    if (status != AssignmentStatus::in_progress || durations == 0) return std::nullopt;
    const double mean = static_cast<double>(duration_us) / static_cast<double>(durations);
    return now + std::llround(static_cast<double>(cells - completed) * mean * kSlack);
}

AssignmentFigures figures_of(const Assignment& assignment) {
    AssignmentFigures figures;
    figures.cells = assignment.cells.size();
    for (const Cell& cell : assignment.cells) {
        if (cell.is_completed) ++figures.completed;
        if (cell.has_error()) ++figures.errors;
        if (cell.run.value.duration_us == 0) continue;
        ++figures.durations;
        figures.duration_us += cell.run.value.duration_us;
    }
    figures.status = status_of(figures.completed, figures.cells);
    return figures;
}

StudentFigures figures_of(const Student& student) {
    StudentFigures sum;
    std::uint64_t cells = 0;
    std::uint64_t errors = 0;
    double percentages = 0;
    for (const Assignment& assignment : student.assignments) {
        const AssignmentFigures one = figures_of(assignment);
        if (one.status == AssignmentStatus::completed) ++sum.completed;
        if (one.status == AssignmentStatus::in_progress) ++sum.in_progress;
        percentages += one.percentage();
        sum.executions += one.completed + one.errors;
        sum.duration_us += one.duration_us;
        cells += one.cells;
        errors += one.errors;
    }
    sum.assignments = student.assignments.size();
    if (sum.assignments > 0) sum.percentage = percentages / static_cast<double>(sum.assignments);
    sum.error_rate = share(errors, cells);
    const double hours =
        static_cast<double>(student.last.time_us - student.first.time_us) / kHourUs;
    if (hours > 0) sum.learning_velocity = static_cast<double>(sum.completed) / hours;
    sum.focus_score = 1 - sum.error_rate;
    sum.consistency_score = share(sum.completed, sum.assignments);
    return sum;
}

}  // namespace cellmon::progress
