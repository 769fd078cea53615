#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cellmon::harness::plan {

/// A plan that belongs to the program: `plans/NAME.toml`.
struct BuiltinPlan {
    std::string_view name;
    std::string_view toml;
};
[[nodiscard]] const std::vector<BuiltinPlan>& builtin_plans();

}  // namespace cellmon::harness::plan
