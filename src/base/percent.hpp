#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cellmon {

/// Resolves `%XX`. nullopt when an escape is cut or not hexadecimal, or stands for NUL.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text,
                                                        bool plus_is_space = false);

}  // namespace cellmon
