#pragma once

#include <string>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace cellmon::harness::plan {

/// Where a node of a plan was written: "my-plan.toml:12".
[[nodiscard]] inline std::string place_of(const toml::node& node) {
    const toml::source_region& source = node.source();
    return fmt::format("{}:{}", source.path ? *source.path : std::string(), source.begin.line);
}

}  // namespace cellmon::harness::plan
