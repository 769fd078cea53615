#pragma once

#include <cstddef>

namespace cellmon::progress {

// What is kept of each; what was touched longest ago goes first.

inline constexpr std::size_t kMostCells = 500;              ///< Of an assignment of a student.
inline constexpr std::size_t kMostAssignments = 100;        ///< Of a student.
inline constexpr std::size_t kMostNotes = 200;              ///< Of a student.
inline constexpr std::size_t kMostInstructorNotes = 2'000;  ///< Of all instructors together.

inline constexpr std::size_t kMostAssignmentIdBytes = 512;  ///< A longer one is none.
inline constexpr std::size_t kMostErrorBytes = 1'024;       ///< Longer messages are cut.

}  // namespace cellmon::progress
