#pragma once

#include <string>

#include "live/picture.hpp"

namespace cellmon::live {

inline constexpr std::size_t kMaxShownErrorCells = 16;  ///< Of a student, the newest.

/// The object `S` of docs/reference/live.md.
[[nodiscard]] std::string fragment_of(const StudentView& view);

/// The same in place of what `out` holds.
void write_fragment(const StudentView& view, std::string& out);

}  // namespace cellmon::live
