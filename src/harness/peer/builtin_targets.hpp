#pragma once

#include <string_view>
#include <vector>

namespace cellmon::harness::peer {

/// A target profile that belongs to the program: `targets/NAME.toml`.
struct BuiltinTarget {
    std::string_view name;
    std::string_view toml;
};
[[nodiscard]] const std::vector<BuiltinTarget>& builtin_targets();

}  // namespace cellmon::harness::peer
