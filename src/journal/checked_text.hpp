#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cellmon::journal {

/// A small text file that ends with the CRC-32C of everything before its last line: `crc32c
/// xxxxxxxx\n`.
[[nodiscard]] std::string with_checksum(std::string lines);

/// The lines without the checksum line; ErrorCode::corrupt, naming `path`, when the checksum or the
/// first line is not right.
Result<std::vector<std::string_view>> checked_lines(std::string_view text,
                                                    std::string_view first_line,
                                                    std::string_view path);

}  // namespace cellmon::journal
