#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "journal/cursor.hpp"
#include "live/class_state.hpp"

namespace cellmon::live {

/// Reads the class out of a checkpoint of LiveService, into an empty state; the cursor that it is
/// the fold through. ErrorCode::corrupt when it is none, or damaged.
Result<journal::Cursor> read_class_state(std::string_view checkpoint, ClassState& state);

/// The checkpoint without a student, as if nothing of them had been folded; the address without
/// regard to case (ASCII). ErrorCode::corrupt as above.
Result<std::string> without_student(std::string_view checkpoint, std::string_view email);

}  // namespace cellmon::live
