#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::classroom {

/// A shorter text is not packed: most cells are a few lines, of which little could be saved.
inline constexpr std::size_t kPackFromBytes = 512;

/// The text as one frame of Zstandard (RFC 8878) with a checksum; nullopt when that saves less than
/// an eighth of it, or it is shorter than kPackFromBytes. Any thread.
[[nodiscard]] std::optional<std::string> packed(std::string_view text);

/// What packed() was given. ErrorCode::corrupt when it is no such frame, or a damaged one.
Result<std::string> unpacked(std::string_view bytes);

}  // namespace cellmon::classroom
