#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "progress/student.hpp"

namespace cellmon::progress {

// The formulas of contract §10.5.

enum class AssignmentStatus : std::uint8_t { not_started, in_progress, completed };
[[nodiscard]] std::string_view name_of(AssignmentStatus status);

inline constexpr std::array<unsigned, 3> kMilestones{25, 50, 75};  ///< Percent.

struct AssignmentFigures {
    std::uint64_t cells = 0;
    std::uint64_t completed = 0;
    std::uint64_t errors = 0;
    std::uint64_t durations = 0;   ///< Cells whose newest run told how long it took.
    std::int64_t duration_us = 0;  ///< Sum of these.
    AssignmentStatus status = AssignmentStatus::not_started;

    /// 0 to 100.
    [[nodiscard]] double percentage() const;
    /// Whether `percent` of the cells are completed.
    [[nodiscard]] bool reaches(unsigned percent) const;
    /// When all will be completed, told at `now`; nullopt when it is not in progress, or nobody can
    /// tell.
    [[nodiscard]] std::optional<TimeUs> estimated_completion(TimeUs now) const;
};
[[nodiscard]] AssignmentFigures figures_of(const Assignment& assignment);

struct StudentFigures {
    std::uint64_t assignments = 0;
    std::uint64_t completed = 0;
    std::uint64_t in_progress = 0;
    double percentage = 0;  ///< The mean over the assignments.
    std::uint64_t executions = 0;
    std::int64_t duration_us = 0;
    double error_rate = 0;
    double learning_velocity = 0;  ///< Completed assignments an hour.
    double focus_score = 0;
    double consistency_score = 0;
};
[[nodiscard]] StudentFigures figures_of(const Student& student);

}  // namespace cellmon::progress
