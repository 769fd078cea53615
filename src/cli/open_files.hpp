#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::cli {

/// Allows this process so many connections, each of which is a file, beside its other ones.
/// ErrorCode::limit when the machine does not; `what` names them.
Result<void> allow_open_files(std::size_t connections, std::string_view what);

}  // namespace cellmon::cli
