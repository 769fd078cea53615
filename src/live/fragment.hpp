#pragma once

#include <string>

#include "live/picture.hpp"

namespace cellmon::live {

inline constexpr std::size_t kMaxShownErrorCells = 16;  ///< Of a student, the newest.

/// The object `S` of docs/reference/live.md.
[[nodiscard]] std::string fragment_of(const StudentView& view);

}  // namespace cellmon::live
