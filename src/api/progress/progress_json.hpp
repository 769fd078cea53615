#pragma once

#include <span>
#include <string>

#include "base/clock.hpp"
#include "progress/student.hpp"

namespace cellmon::api {

// The texts of contract §3.15; `now` is for what is foreseen.

enum class Cells : std::uint8_t { none, all };

/// `Sum`
[[nodiscard]] std::string progress_json(const progress::Student& student, Cells cells, TimeUs now);
/// `Asg`
[[nodiscard]] std::string assignment_json(const progress::Assignment& assignment, Cells cells,
                                          TimeUs now);
/// `Note`
[[nodiscard]] std::string note_json(const progress::Note& note);

/// A student counts as active for so long behind their newest event.
inline constexpr TimeUs kProgressActiveUs = 300 * kSecondUs;

/// What is said of many students together.
struct ProgressTotals {
    std::uint64_t students = 0;
    std::uint64_t active = 0;
    std::uint64_t assignments = 0;
    std::uint64_t completed = 0;
    std::uint64_t events = 0;
    std::uint64_t notes = 0;
    double percentage = 0;  ///< The mean.
};
[[nodiscard]] ProgressTotals progress_totals(std::span<const progress::StudentPtr> students,
                                             TimeUs now);
/// The `stats` of GET /api/v1/progress/stats.
[[nodiscard]] std::string stats_json(const ProgressTotals& totals, bool healthy);

}  // namespace cellmon::api
