#pragma once

#include <string>

#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::backup {

/// The first line of the file. ErrorCode::invalid when it is empty, or longer than 1,024 bytes.
Result<std::string> read_password(io::FileSystem& files, const std::string& path);

}  // namespace cellmon::backup
