#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::progress {

/// A checkpoint of ProgressService without a student, as if nothing of them had been folded; the
/// address without regard to case (ASCII). ErrorCode::corrupt when it is none, or damaged.
Result<std::string> without_student(std::string_view checkpoint, std::string_view email);

}  // namespace cellmon::progress
